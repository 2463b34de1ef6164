"""index_data: read a data set's layout once; every later stage reads the index."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from wsss.data.layouts.base import Layout
from wsss.engine.log import logger
from wsss.engine.stage import Job, Reduce
from wsss.store.kinds import INDEX, Kind
from wsss.store.results import ROOT
from wsss.store.store import Artifact
from wsss.store.texts import write_parts, write_text


@dataclass(frozen=True, kw_only=True)
class IndexData(Reduce):
    """Write `index.json`; a data set that is drawn by code lies beside it."""

    makes: ClassVar[Kind] = INDEX

    dataset: Layout

    def run(self, job: Job) -> dict[str, Any]:
        """See `Stage`."""
        items = job.artifact.items
        items.mkdir(parents=True, exist_ok=True)
        index = self.dataset.index(items, pack=self.runtime.pack)
        write_parts(items / "index.json", index.json_parts())
        self._write_root(job.artifact, index.root)
        images = {split: len(ids) for split, ids in index.splits.items()}
        shown = Counter(index.classes[c] for record in index.records.values() for c in record.classes)
        for note in index.notes:
            logger.warning(note)
        return {"images": images, "classes": dict(shown), "notes": list(index.notes)}

    def relocate(self, job: Job) -> None:
        """Note where the data set lies today: it may have been moved since it was indexed."""
        sources = self.dataset.sources()
        if sources:
            self._write_root(job.artifact, self.dataset.home())

    def _write_root(self, artifact: Artifact, root: Path) -> None:
        inside = root.resolve() == artifact.items.resolve()
        write_text(artifact.path / ROOT, "." if inside else str(root.resolve()))
