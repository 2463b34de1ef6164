"""Notes on trainings that gain nothing from several GPUs."""

from collections.abc import Iterable, Iterator
from typing import Final

from wsss.engine.fit import Fit
from wsss.run.plan import Step

LEAST: Final = 4
"""Images of a pass below which a GPU waits for its next kernel longer than it computes."""


def sharing_notes(steps: Iterable[Step], *, workers: int) -> Iterator[str]:
    """Yield a sentence for each training to come whose batch is too small for the GPUs of all `workers`."""
    for step in steps:
        if workers == 1 or not isinstance(step.stage, Fit) or step.artifact.state() == "cached":
            continue
        fit = step.stage.fit
        share = fit.batch_size // fit.accumulate // workers
        if share < LEAST and step.stage.runtime.torch_device().type == "cuda":
            most = max(1, fit.batch_size // fit.accumulate // LEAST)
            yield (
                f"{step.name}: {workers} GPUs have {share} of a pass's {share * workers} images each, and are hardly "
                f"faster than {most}: raise {step.stage.batch_size_from}.batch_size, and the learning rate with it, or "
                "let each train a run of its own (wsss sweep)"
            )
