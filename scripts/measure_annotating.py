"""What true masks of the images that `wsss debug` names gain, beside those of as many random images.

    wsss debug outputs/folder/1 --what annotate --out debugged
    .venv/bin/python scripts/measure_annotating.py outputs/folder/1 debugged/annotate_images.csv

Takes a finished run with a segmentation network and true masks. Training a network for each choice takes hours, so a
linear layer is trained on the cells of the network's encoder, which stays as it is: once on the masks that the network
learnt from, once with those of the named images replaced by their true masks, and once for each draw of random images.
Its mIoU is that of the images that were not learnt from. The layer is convex to train and starts at zero, so that the
images alone make a difference.
"""

import argparse
import csv
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

from wsss.apps.debug.annotate import objects_in
from wsss.data.images import reduced
from wsss.data.index import Index, Record
from wsss.labels import label_count
from wsss.metrics.confusion import SegmentationScores, confusion
from wsss.models.targets.segmenter_blocks import LAST, cut_segmenter
from wsss.protocols import Segments
from wsss.run.record import read_record
from wsss.stages.predict_masks import MaskPredictor, PredictMasks
from wsss.store.kinds import MASKS

STEPS: Final = 30
"""Of L-BFGS."""
DECAY: Final = 1e-3
"""Of the squared weights of standardised features."""


def main() -> None:
    """Read the run, encode its images, and train on each choice."""
    options = parsed()
    record = read_record(options.run, store=options.store)
    name = record.last(MASKS, by=PredictMasks)
    job, stage = record.job(name), record.stage(name, PredictMasks)
    index, network = job.index(), job.inputs["segmenter"]
    learnt = record.artifact(record.job(network.stage).inputs["masks"].stage)
    items = MASKS.items(learnt, index)
    predictor = stage.predictor(job, torch.device("cpu"))
    (split,) = learnt.summary["splits"][:1]
    learn = index.split(split)
    others = [each for name in stage.splits for each in index.split(name) if each.id not in {r.id for r in learn}]
    encoded = encode([*learn, *others], predictor, index=index, side=options.side)
    truth = {each.id: of(index, each) for each in learn}
    own = {each.id: items.read(each) for each in learn}

    def measured(chosen: Collection[str]) -> float:
        masks = own | {image: truth[image] for image in chosen}
        layer = trained(encoded, masks, labels=label_count(index.classes))
        return 100 * score(layer, encoded, others, index=index)

    table = read(options.table)
    ranked = sorted((row for row in table if row["choice"]), key=lambda row: int(row["choice"]))
    named = [row["image"] for row in ranked]
    none = measured([])
    print(f"masks of the run: mIoU {none:.1f}", flush=True)
    told("named", named, gain=measured(named) - none, truth=truth)
    gains = []
    for draw in range(options.draws):
        drawn = np.random.default_rng(draw).choice([row["image"] for row in table], size=len(named), replace=False)
        gains.append(measured(drawn.tolist()) - none)
        told(f"random {draw}", drawn.tolist(), gain=gains[-1], truth=truth)
    print(f"random: mean {np.mean(gains):+.2f}, from {min(gains):+.2f} to {max(gains):+.2f}")
    print(f"true masks of all {len(learn)}: {measured(list(truth)) - none:+.2f}")


def told(name: str, images: Iterable[str], *, gain: float, truth: Mapping[str, UInt8[np.ndarray, "h w"]]) -> None:
    """Print what a choice gains, and how many outlines somebody would draw for it."""
    print(f"{name}: {gain:+.2f}, outlines {sum(objects_in(truth[image]) for image in images)}", flush=True)


def of(index: Index, record: Record) -> UInt8[np.ndarray, "h w"]:
    """Return an image's true mask."""
    truth = index.truth(record)
    if truth is None:
        sys.exit(f"{record.id} has no true mask: give the run's data set masks")
    return truth


def encode(
    records: Iterable[Record], predictor: MaskPredictor, *, index: Index, side: int
) -> dict[str, Float[Tensor, "d y x"]]:
    """Return the last maps of the encoder, standardised by channel over all images."""
    network = predictor.network
    assert isinstance(network, nn.Module)
    assert isinstance(network, Segments)
    cut, maps = cut_segmenter(network), {}
    with torch.inference_mode():
        for record in records:
            images = predictor.normalisation.of_images(
                [reduced(index.pixels(record), side)], device=torch.device("cpu")
            )
            maps[record.id] = cut.until(LAST, images).maps[0].float().clone()
    cells = torch.cat([each.flatten(1) for each in maps.values()], dim=1)
    deviation, mean = torch.std_mean(cells, dim=1)
    return {name: (each - mean[:, None, None]) / (deviation[:, None, None] + 1e-6) for name, each in maps.items()}


def trained(
    encoded: Mapping[str, Float[Tensor, "d y x"]], masks: Mapping[str, UInt8[np.ndarray, "h w"]], *, labels: int
) -> nn.Linear:
    """Train a linear layer on the shares of labels in each cell; pixels of 255 have no say."""
    cells = torch.cat([encoded[name].flatten(1) for name in masks], dim=1).T
    shares = torch.cat([_shares(mask, encoded[name].shape[1:], labels=labels) for name, mask in masks.items()])
    layer = nn.Linear(cells.shape[1], labels)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        loss = -(shares * layer(cells).log_softmax(dim=1)).sum() / shares.sum()
        loss = loss + DECAY * layer.weight.square().sum()
        loss.backward()
        return float(loss.detach())

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return layer


def _shares(mask: UInt8[np.ndarray, "h w"], grid: torch.Size, *, labels: int) -> Float[Tensor, "cells labels"]:
    one_hot = torch.from_numpy(mask[None] == np.arange(labels, dtype=np.uint8)[:, None, None]).float()
    return functional.adaptive_avg_pool2d(one_hot, (grid[0], grid[1])).flatten(1).T


def score(
    layer: nn.Linear, encoded: Mapping[str, Float[Tensor, "d y x"]], records: Iterable[Record], *, index: Index
) -> float:
    """Return the layer's mIoU over images."""
    labels = layer.out_features
    counts = np.zeros((labels, labels), dtype=np.int64)
    with torch.inference_mode():
        for record in records:
            truth = of(index, record)
            logits = torch.einsum("l d, d y x -> l y x", layer.weight, encoded[record.id])
            logits = logits + layer.bias[:, None, None]
            full = functional.interpolate(logits[None], size=truth.shape, mode="bilinear")[0]
            counts += confusion(truth, full.argmax(dim=0).numpy().astype(np.uint8), labels=labels)
    return SegmentationScores.of(counts).miou


def read(table: Path) -> list[dict[str, str]]:
    """Return the lines of a CSV."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="measure_annotating", description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a finished run with a segmentation network")
    parser.add_argument("table", type=Path, help="annotate_images.csv, as `wsss debug` wrote it of this run")
    parser.add_argument("--draws", type=int, default=10, help="choices by chance (default: 10)")
    parser.add_argument("--side", type=int, default=320, help="shrink longer sides to it (default: 320)")
    parser.add_argument("--store", type=Path, help="where the run's store lies, if it was moved")
    options = parser.parse_args()
    if not options.table.is_file():
        sys.exit(f"{options.table} is not there: `wsss debug {options.run} --what annotate` writes it")
    return options


if __name__ == "__main__":
    main()
