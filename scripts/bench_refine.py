"""What refiners cost on one core, and how far the dense CRF's two backends agree.

    .venv/bin/python scripts/bench_refine.py                            drawn scenes
    .venv/bin/python scripts/bench_refine.py ~/VOC2012/JPEGImages       photographs: 10 of the folder, evenly spaced
    .venv/bin/python scripts/bench_refine.py FOLDER --images 50 --refine crf crf_psa crf_seam crf_deeplab

Each file of conf/refine that is named refines the same maps: smooth blobs of three classes at stride 4, and the
background that the file adds, or else a constant one. Backends take turns on every image, after one image that does not
count. `seconds` are those of the processor, a median; `ratio` is the median of the times beside pydensecrf's on the
same image, `same` the smallest part of an image's pixels with the same label, `difference` the largest mean difference
of marginals of an image, and `memory` by how many MiB a fresh process grows at its peak (on Linux).
"""

import argparse
import multiprocessing
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from torch.nn import functional

from wsss.config.build import build
from wsss.data.images import find_images, read_image
from wsss.data.layouts.toy_scenes import draw_scene
from wsss.errors import WsssError
from wsss.masks import Argmax
from wsss.refine import ConstantBackground, DenseCRF, Refiner
from wsss.refine.base import background_problems
from wsss.types import ScoreMaps, Size

CONF: Final = Path(__file__).parents[1] / "conf" / "refine"
REFINE: Final = ("crf", "crf_psa", "crf_seam", "crf_deeplab", "pamr", "par")
REFERENCE: Final = "pydensecrf"
CPU: Final = torch.device("cpu")

Chain = tuple[Refiner, ...]
Work = tuple[NDArray[np.uint8], ScoreMaps]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a chain made of an image, and how long it took."""

    maps: ScoreMaps
    seconds: float
    """Of the processor: with one thread and nothing to wait for, those of the clock where nothing else runs."""


def main() -> None:
    """Print a line for every refiner and backend."""
    options = parsed()
    torch.set_num_threads(1)
    work = [(image, blobs(image, number)) for number, image in enumerate(images(options.folder, options.images))]
    height, width = work[0][0].shape[:2]
    print(f"{len(work)} images, the first of {width} x {height}; 4 labels, one thread")
    print(f"{'refine':24}{'seconds':>9}{'ratio':>8}{'same':>11}{'difference':>12}{'memory':>8}")
    for name in options.refine:
        chains = backends(built(name))
        results: dict[str, list[Result]] = {backend: [] for backend in chains}
        for number, each in enumerate([work[0], *work]):
            for backend, chain in chains.items():
                result = applied(chain, each)
                results[backend] += [result] if number else []
        for backend, chain in chains.items():
            label = f"{name} {backend}".strip()
            memory = grown(chain, work[0])
            print(f"{label:24}{line(results[backend], results.get(REFERENCE))}{memory:8.0f}", flush=True)


def parsed() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="with images; drawn scenes without one")
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--refine", nargs="+", default=REFINE, metavar="NAME", help=f"by default {' '.join(REFINE)}")
    return parser.parse_args()


def images(folder: Path | None, count: int) -> Iterator[NDArray[np.uint8]]:
    """Yield images of a folder, or drawn ones."""
    if folder is None:
        yield from (draw_scene(number, size=500, random_seed=0, stream=0).image for number in range(count))
        return
    found = find_images(folder)
    if not found:
        sys.exit(f"{folder} has no images")
    yield from (read_image(folder / path) for path in found[:: max(1, len(found) // count)][:count])


def blobs(image: NDArray[np.uint8], number: int) -> ScoreMaps:
    """Return maps of three classes as a classifier might see them."""
    size = Size(height=image.shape[0], width=image.shape[1])
    coarse = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(number))
    scores = functional.interpolate(coarse, size=size.over(4), mode="bicubic")[0].clamp(0, 1)
    return ScoreMaps(labels=torch.tensor([1, 2, 3]), scores=scores, size=size)


def built(name: str) -> Chain:
    """Return the refiners of a file of conf/refine, in order, after a background for those that need one."""
    nodes = yaml.safe_load((CONF / f"{name}.yaml").read_text(encoding="utf-8"))
    chain = {key: build(node, Refiner, key=key) for key, node in nodes.items()}  # type: ignore[type-abstract]
    first = (ConstantBackground(),) if background_problems(chain, key="refine", given=False) else ()
    return (*first, *chain.values())


def backends(chain: Chain) -> Mapping[str, Chain]:
    """Return the chain with each backend that its dense CRF can have here, the reference first."""
    if not any(isinstance(refiner, DenseCRF) for refiner in chain):
        return {"": chain}
    named = {REFERENCE: with_backend(chain, "pydensecrf"), "torch": with_backend(chain, "torch")}
    return {name: each for name, each in named.items() if works(each)}


def with_backend(chain: Chain, backend: Literal["torch", "pydensecrf"]) -> Chain:
    """Return the chain with another backend of its dense CRF."""
    return tuple(replace(each, backend=backend) if isinstance(each, DenseCRF) else each for each in chain)


def works(chain: Chain) -> bool:
    """Say whether what the refiners need is installed."""
    try:
        for refiner in chain:
            refiner.check()
    except WsssError as error:
        print(error)
        return False
    return True


def applied(chain: Chain, work: Work) -> Result:
    """Refine the maps of an image."""
    image, maps = work
    steps = [refiner.open({}, CPU) for refiner in chain]
    start = time.process_time()
    for step in steps:
        (maps,) = step([image], [maps])
    return Result(maps=maps, seconds=time.process_time() - start)


def line(results: Sequence[Result], reference: Sequence[Result] | None) -> str:
    """Return the figures of a line, without memory."""
    seconds = statistics.median(result.seconds for result in results)
    if reference is None or reference is results:
        return f"{seconds:9.3f}{'-':>8}{'-':>11}{'-':>12}"
    pairs = list(zip(results, reference, strict=True))
    ratio = statistics.median(ours.seconds / theirs.seconds for ours, theirs in pairs)
    same = min(float((Argmax()(ours.maps) == Argmax()(theirs.maps)).mean()) for ours, theirs in pairs)
    difference = max(float((ours.maps.scores - theirs.maps.scores).abs().mean()) for ours, theirs in pairs)
    return f"{seconds:9.3f}{ratio:8.2f}{same:11.4%}{difference:12.1e}"


def grown(chain: Chain, work: Work) -> float:
    """Return by how many MiB a fresh process grows when it refines an image, at its peak."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(growth, (chain, work))


def growth(chain: Chain, work: Work) -> float:
    """Return by how many MiB this process grows at its peak; a small image comes first, for what is loaded late."""
    if not sys.platform.startswith("linux"):
        return float("nan")
    torch.set_num_threads(1)
    small = np.zeros((16, 16, 3), dtype=np.uint8)
    applied(chain, (small, blobs(small, 0)))
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before = resident("VmRSS")
    applied(chain, work)
    return (resident("VmHWM") - before) / 1024


def resident(key: str) -> int:
    """Return a line of this process' status, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))


if __name__ == "__main__":
    main()
