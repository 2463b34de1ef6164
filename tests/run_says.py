"""What a run says of a data set, without a run: what indexing refuses, and then what its stages do."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from toy_runs import composed

from wsss.data.index import Index
from wsss.data.layouts.base import Layout
from wsss.data.listing import skip_remedy
from wsss.engine.stage import Stage
from wsss.errors import ConfigError, DataError
from wsss.run.plan import build_stages


@cache
def readers() -> Mapping[str, Stage]:
    """The stages of a run that every data set is large enough for."""
    sizes = [f"fit.{name}.batch_size=1" for name in ("classifier", "segmenter")]
    return build_stages(composed("experiment=folder", "dataset.root=unused", *sizes, small=False)["pipeline"])


def run_says(layout: Layout, into: Path) -> tuple[list[str], Index | None]:
    """The sentences in which a run refuses a data set, none where it takes it; and its index, if it makes one."""
    try:
        layout.sources()
        index = layout.index(into)
    except DataError as error:
        lines = [line.strip().removesuffix(f"; {skip_remedy()}") for line in str(error).split("\n  ")]
        return [
            line for line in lines if not line.endswith("problems of the data set:") and line != skip_remedy()
        ], None
    said = []
    for stage in readers().values():
        try:
            stage.check_index(index)
        except (ConfigError, DataError) as error:
            said.append(str(error))
    return said, index
