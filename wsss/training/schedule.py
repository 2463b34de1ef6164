"""Learning rates that fall to zero."""


def poly(step: int, *, steps: int, power: float) -> float:
    """Return (1 - step / steps)^power, zero from the last step on."""
    return float(max(0.0, 1 - step / steps) ** power)
