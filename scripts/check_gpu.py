"""Compare what a GPU computes with the CPU, and measure how fast it is: ten minutes for a person with one or two GPUs.

python scripts/check_gpu.py [--out check_gpu] [--device cuda]

Compared within stated tolerances are the dense CRF in torch, IRN's random walk, CAMs of several methods, the answer of
a network under mixed precision, and the weights of a short training by DDP on all GPUs beside one on the CPU. Speed
follows. Everything is written to OUT.json and OUT.html. The exit code is 0 where all lies within its tolerance, 1 where
something does not, and 2 where there is no GPU. `--device cpu` tries the script itself, with the CPU as a stand-in.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import torch
from measures import seconds
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from wsss.cams import CAM, CAMMethod, GradCAM, LayerCAM
from wsss.data.layouts.toy_scenes import draw_scene
from wsss.draw.page import environment
from wsss.draw.tables import Table
from wsss.methods.affinity.refiner import IRNWalk
from wsss.models.classifier import ClassifierOptions
from wsss.models.gap import GAPClassifier
from wsss.refine import DenseCRF
from wsss.testing.stages import SMALL
from wsss.types import MAP_STRIDE, ScoreMaps, Size, Targets

CPU: Final = torch.device("cpu")
METHODS: Final[dict[str, CAMMethod]] = {"cam": CAM(), "gradcam": GradCAM(), "layercam": LayerCAM()}
SIZES: Final = ((375, 500), (97, 131))
REPEATS: Final = 5
PAGE: Final = """\
{% extends "base.html.j2" %}
{% from "macros.html.j2" import data_table with context %}
{% block title %}{{ verdict }}{% endblock %}
{% block header %}<p class="quiet">{{ machine }}</p>{% endblock %}
{% block content %}
{% for table in tables %}<section><h2>{{ table.title }}</h2>{{ data_table(table) }}</section>{% endfor %}
{% endblock %}
"""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The largest difference that was found between a device and the CPU, and the most that is allowed."""

    what: str
    difference: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether it lies within; what is not a number does not."""
        return self.difference <= self.tolerance


def scene(size: Size) -> tuple[Tensor, ScoreMaps]:
    """Return a drawn image, [h w 3] in uint8, and smooth maps of background and two classes, always the same."""
    side = max(size.height, size.width)
    image = draw_scene(1, size=side, random_seed=0, stream=0).image[: size.height, : size.width].copy()
    coarse = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    scores = functional.interpolate(coarse, size=size.over(MAP_STRIDE), mode="bicubic")[0].clamp(0, 1)
    return torch.from_numpy(image), ScoreMaps(labels=torch.tensor([0, 1, 2]), scores=scores, size=size)


def crf(device: torch.device, size: Size) -> Tensor:
    """Return marginals of the dense CRF."""
    image, maps = scene(size)
    return DenseCRF(backend="torch").apply(image.numpy(), maps.to(device)).scores


def walk(device: torch.device, size: Size) -> Tensor:
    """Return maps after IRN's random walk."""
    _, maps = scene(size)
    edges = torch.rand(1, *size.over(MAP_STRIDE), generator=torch.Generator().manual_seed(1))
    return IRNWalk().apply(maps.to(device), edges=edges.to(device)).scores


def classifier(device: torch.device) -> GAPClassifier:
    """Return the packaged EfficientNet-Lite0 with weights that are drawn, always the same."""
    torch.manual_seed(0)
    network = ClassifierOptions(backbone="tf_efficientnet_lite0", weights="none").build(("a", "b", "c", "d"))
    assert isinstance(network, GAPClassifier)
    return network.eval().to(device)


def pixels(size: Size, count: int = 2) -> Tensor:
    """Return normalised images, always the same."""
    return torch.randn(count, 3, size.height, size.width, generator=torch.Generator().manual_seed(2))


def cams(device: torch.device, size: Size, method: CAMMethod) -> Tensor:
    """Return raw maps of two images with two labels each."""
    targets = Targets.of([[0, 1], [2, 3]], device=device)
    return method(classifier(device), pixels(size).to(device), targets)


def answers(device: torch.device, size: Size, *, mixed: bool = False) -> Tensor:
    """Return the network's logits, computed in half precision where that is told."""
    with torch.inference_mode(), torch.autocast(device.type, enabled=mixed, dtype=torch.bfloat16):
        answer: Tensor = classifier(device)(pixels(size).to(device))
        return answer.float()


Computed = Callable[[torch.device], Tensor]


def difference(of: Computed, device: torch.device, *, beside: Computed | None = None) -> float:
    """Return the largest difference from the CPU, in parts of the largest value there; `beside` is computed there."""
    here, there = (beside or of)(CPU), of(device).cpu()
    return float((here - there).abs().max() / here.abs().max().clamp(min=1e-12))


def comparisons(device: torch.device, sizes: Sequence[tuple[int, int]]) -> Iterator[Compared]:
    """Compare all but the training; TF32 is off, as far as nothing asks for it."""
    torch.backends.cudnn.allow_tf32 = False
    for height, width in sizes:
        size, at = Size(height=height, width=width), f"{width} x {height}"
        calls: dict[str, Computed] = {
            f"crf {at}": partial(crf, size=size),
            f"walk {at}": partial(walk, size=size),
            **{f"{name} {at}": partial(cams, size=size, method=method) for name, method in METHODS.items()},
            f"logits {at}": partial(answers, size=size),
        }
        for what, call in calls.items():
            yield Compared(what=what, difference=difference(call, device), tolerance=1e-3)
        rounded = difference(partial(answers, size=size, mixed=True), device, beside=partial(answers, size=size))
        yield Compared(what=f"logits in bfloat16 {at}", difference=rounded, tolerance=0.1)


def trained(folder: Path, *words: str) -> dict[str, Tensor]:
    """Return the weights of a classifier that is trained by a command, on twelve drawn images."""
    small = [word.replace(", ", ",") for word in SMALL if not word.startswith("runtime.device")]
    command = [sys.executable, "-m", "wsss", "run", *small, "until=train_classifier", f"store='{folder}'", *words]
    subprocess.run([*command, f"out='{folder / 'out'}'"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    (path,) = folder.glob("train_classifier/*/items/*.safetensors")
    return load_file(path)


def training(device: torch.device, *, processes: int) -> Compared:
    """Compare the weights of a training by DDP, with batch norm over all processes, with those of one on the CPU."""
    with tempfile.TemporaryDirectory() as folder:
        alone = trained(Path(folder, "alone"), "runtime.device=cpu")
        launcher = ("launcher=torchrun", f"launcher.nproc={processes}")
        together = trained(Path(folder, "together"), f"runtime.device={device.type}", *launcher)
    found = max(float((alone[name] - together[name]).abs().max()) for name in alone)
    return Compared(what=f"weights of a training by {processes} processes", difference=found, tolerance=1e-2)


def speeds(device: torch.device, size: tuple[int, int]) -> dict[str, float]:
    """Return seconds, medians after one call that does not count, and images a second of forward passes."""
    at = Size(height=size[0], width=size[1])
    network, images = classifier(device), pixels(at, 8).to(device)
    targets = Targets.of([[0]] * 8, device=device)
    found = {
        "crf, an image": timed(lambda: crf(device, at), device),
        "walk, an image": timed(lambda: walk(device, at), device),
    }
    for tf32, mixed, name in ((False, False, "float32"), (True, False, "TF32"), (True, True, "bfloat16")):
        torch.backends.cudnn.allow_tf32 = tf32
        with torch.inference_mode(), torch.autocast(device.type, enabled=mixed, dtype=torch.bfloat16):
            found[f"forward of 8 images in {name}"] = timed(lambda: network(images), device)
    for name, method in METHODS.items():
        found[f"{name} of 8 images"] = timed(partial(method, network, images, targets), device)
    found["training step of 8 images"] = timed(lambda: step(network, images), device)
    return found


def step(network: nn.Module, images: Tensor) -> None:
    """Make gradients as a training step does."""
    network.zero_grad()
    loss = functional.multilabel_soft_margin_loss(network(images), torch.ones(len(images), 4, device=images.device))
    torch.autograd.backward(loss)


def timed(call: Callable[[], object], device: torch.device) -> float:
    """Return the median of some calls after one that does not count."""
    seconds(call, device=device)
    return median(seconds(call, device=device) for _ in range(REPEATS))


def write(out: Path, *, machine: str, found: Sequence[Compared], took: dict[str, float]) -> None:
    """Write the JSON and the page."""
    lines = [{**asdict(each), "passed": each.passed} for each in found]
    told = {"machine": machine, "comparisons": lines, "seconds": took}
    out.with_suffix(".json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    rows = tuple(
        (each.what, f"{each.difference:.1e}", f"{each.tolerance:.0e}", "yes" if each.passed else "NO") for each in found
    )
    tables = (
        Table(title="Beside the CPU", columns=("what", "largest difference", "allowed", "within"), rows=rows),
        Table(title="Speed", columns=("what", "seconds"), rows=tuple(took.items())),
    )
    failed = sum(not each.passed for each in found)
    verdict = f"{failed} of {len(found)} comparisons failed" if failed else f"All {len(found)} comparisons agree"
    page = environment().from_string(PAGE).render(verdict=verdict, machine=machine, tables=tables)
    out.with_suffix(".html").write_text(page, encoding="utf-8")
    print(f"{verdict}: {out.with_suffix('.html').absolute()}")


def main() -> None:
    """Compare, measure, write, and exit with 0, 1 or 2."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("check_gpu"), help="where to write, without a suffix")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    options = parser.parse_args()
    device = torch.device(options.device)
    count = torch.cuda.device_count()
    if device.type == "cuda" and not count:
        print("torch sees no GPU here: nothing was compared. --device cpu tries the script itself", file=sys.stderr)
        sys.exit(2)
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"the CPU as a stand-in ({platform.machine()})"
    sizes = SIZES if device.type == "cuda" else SIZES[1:]
    found = [*comparisons(device, sizes), training(device, processes=count or 2)]
    write(options.out, machine=f"{name}, torch {torch.__version__}", found=found, took=speeds(device, sizes[0]))
    sys.exit(int(not all(each.passed for each in found)))


if __name__ == "__main__":
    main()
