"""Real runs of the whole pipeline, on drawn scenes so small that a session can afford one."""

import io
import shutil
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from wsss.run.compose import config_folder, resolved
from wsss.run.pipeline import run
from wsss.run.plan import Step, make_plan

SMALL = (
    *("dataset.train=8", "dataset.val=4", "dataset.size=64"),
    *("classifier.backbone=mobilenetv3_small_050", "classifier.weights=none", "classifier.output_stride=32"),
    *("segmenter=unet", "segmenter.encoder=tu-mobilenetv3_small_050"),
    "+segmenter.options.decoder_channels=[16, 16, 8, 8, 4]",
    *("fit.classifier.epochs=1", "fit.classifier.batch_size=4", "fit.classifier.validation.size=64"),
    "fit.classifier.transform={long_side: [64, 80], crop: 64}",
    *("fit.segmenter.epochs=1", "fit.segmenter.batch_size=4", "fit.segmenter.transform.crop=64"),
    "views.scales=[1.0, 0.5]",
    "refine=crf" if find_spec("pydensecrf") else "refine=background",
    *("runtime.device=cpu", "runtime.workers=1", "trainer.runtime.accelerator=cpu"),
)


def composed(*overrides: str, small: bool = True) -> dict[str, Any]:
    """The config of a command line, resolved."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(config_folder().absolute())):
        return resolved(compose("run", overrides=[*(SMALL if small else ()), *overrides]))


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run: leave its store alone, and change a copy."""

    store: Path
    out: Path
    printed: str

    @property
    def overrides(self) -> tuple[str, ...]:
        return f"store='{self.store}'", f"out='{self.out}'"

    def plan(self, *overrides: str) -> dict[str, Step]:
        config = composed(*overrides)
        return {step.name: step for step in make_plan(config["pipeline"], store=self.store)}

    def copied(self, folder: Path) -> "Run":
        """The same in another place, where artifacts may be torn apart."""
        shutil.copytree(self.store, folder / "store")
        return Run(store=folder / "store", out=folder / "out", printed="")

    def again(self, *overrides: str) -> str:
        """Run once more, and return what was printed."""
        return finished(self.store, self.out, overrides).printed


def finished(store: Path, out: Path, overrides: Sequence[str] = ()) -> Run:
    """Run everything in this process."""
    made = Run(store=store, out=out, printed="")
    screen = io.StringIO()
    with redirect_stdout(screen):
        run(composed(*made.overrides, *overrides))
    return Run(store=store, out=out, printed=screen.getvalue())


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
