"""Options of Lightning's Trainer, as `conf/trainer/*.yaml` spells them."""

import math
from dataclasses import dataclass, field
from typing import Literal

from wsss.configurable import Configurable

Precision = Literal["32-true", "16-mixed", "bf16-mixed"]
"""`mixed` lets a network compute in half precision where that is safe."""


@dataclass(frozen=True, kw_only=True)
class TrainerRuntime:
    """How processes train together; handed to Lightning's Trainer. Device and processes: `runtime` and `launcher`."""

    strategy: str = "auto"
    """`auto` is DDP where there are several processes; any name that Lightning knows."""
    checkpoint_seconds: float | None = 300.0
    """Time between two checkpoints within an epoch, at the end of which there always is one. null: none within."""
    log_every: int | None = None
    """Steps between two that are logged. null: every step on a CPU, every 50th on a GPU, which waits at each."""

    def __post_init__(self) -> None:
        if self.log_every is not None and self.log_every < 1:
            raise ValueError(f"log_every must be at least 1, or null; got {self.log_every}")
        if self.checkpoint_seconds is not None and not 0 <= self.checkpoint_seconds < math.inf:
            raise ValueError(f"checkpoint_seconds must not be negative, or null; got {self.checkpoint_seconds}")


@dataclass(frozen=True, kw_only=True)
class TrainerOptions(Configurable):
    """How Lightning trains: what changes the result stands here, what does not under `runtime`."""

    precision: Precision = "32-true"
    compile: str | None = None
    """The compiler of torch.compile, such as `inductor`, whose sums and random numbers differ; none by default."""
    gradient_clip: float | None = None
    """Largest norm of the gradient; none where it is not given."""
    validate_every: int = 1
    """Epochs between two after which the validation split is judged; the last one always is among them."""
    runtime: TrainerRuntime = field(default_factory=TrainerRuntime)

    def __post_init__(self) -> None:
        if self.validate_every < 1:
            raise ValueError(f"validate_every must be at least 1, got {self.validate_every}")
