"""Detect input files that change during a run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wsss.errors import DataError, one_of
from wsss.store.digests import Digests
from wsss.store.jobs import FrozenOutside

NAMED: Final = 3
"""Changed files that are named; of more, only how many."""


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Files and folders that a result depends on, and the digest that entered its fingerprint."""

    key: str
    """Of the config, such as `dataset.root`."""
    sources: tuple[Path, ...]
    digest: str

    @classmethod
    def of(cls, frozen: FrozenOutside) -> "Outside":
        """Read what `frozen` gave."""
        return cls(key=frozen.key, sources=tuple(map(Path, frozen.sources)), digest=frozen.digest)

    def frozen(self) -> FrozenOutside:
        """Return plain values for a frozen job."""
        return FrozenOutside(key=self.key, sources=tuple(map(str, self.sources)), digest=self.digest)

    def check(self, cache: Path) -> None:
        """Raise a `DataError` that names what changed; `cache` holds what the plan read, see `Digests`."""
        digests = Digests(cache)
        if digests.of(self.sources) != self.digest:
            # Where no file differs from what was read last, another run has read them since.
            named = one_of([str(path) for path in digests.changed or self.sources], limit=NAMED)
            raise DataError(f"{self.key} changed after this run was planned: {named}")
