"""The result of one part of debugging: what it says, what it found, and the number that a limit can be set to."""

from dataclasses import dataclass

from wsss.apps.findings import Measure
from wsss.draw.findings import Finding, Part


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a part hands over."""

    part: Part
    findings: tuple[Finding, ...] = ()
    measure: Measure | None = None
    """None where nothing could be judged."""


def per_cent(share: float) -> str:
    """Return a share for a sentence.

    >>> per_cent(0.756)
    '76 %'
    """
    return f"{100 * share:.0f} %"
