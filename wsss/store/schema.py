"""Types of what records in a store hold: whatever is read is checked against them, strictly."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from wsss.errors import NewerError, StoreError
from wsss.paths import stored_name


class Strict(BaseModel):
    """A record: no other keys, no conversions, no number that is not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Versioned(BaseModel):
    """A record of any version."""

    model_config = ConfigDict(extra="ignore", strict=True)

    format: int


def refuse_newer(read: Callable[[type[Versioned]], Versioned], *, path: Path, known: int, another: str) -> None:
    """Raise `NewerError` for a record of a version above the `known` one; one that cannot be read passes.

    Args:
        read: Reads the record as a type; raises `StoreError`.
        path: Where the record lies.
        known: The newest version that is known here.
        another: What a person may choose to be elsewhere, in words.
    """
    try:
        version = read(Versioned).format
    except StoreError:
        return
    if version > known:
        raise NewerError(f"{path} was written by a newer wsss: update wsss, or use another {another}")


def _stage(name: str) -> str:
    if "/" in name or name.startswith("."):
        raise ValueError(f"{name[:80]!r} is not the name of a stage")
    return stored_name(name)


Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
SHA256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(max_length=100_000)]
StageName = Annotated[str, StringConstraints(max_length=200), AfterValidator(_stage)]
FileName = Annotated[str, AfterValidator(stored_name)]
Plain = dict[str, Any]
"""An object of JSON whose parts are checked by whoever reads them."""
ScoreTable = dict[str, dict[str, Plain]]
"""Metrics by stage and split."""
ImageTable = dict[str, dict[str, dict[str, float | None]]]
"""A number an image, by stage and split."""
PixelTable = dict[str, dict[str, list[list[int]]]]
"""Pixels by true and by given label, by stage and split."""
