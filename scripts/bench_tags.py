"""How well planted mistakes are found: wrong and missing tags, and near duplicates.

    .venv/bin/python scripts/bench_tags.py ~/VOC2012                10 % of the tags planted, 5 seeds; and copies
    .venv/bin/python scripts/bench_tags.py --toy 300                the same on drawn scenes
    .venv/bin/python scripts/bench_tags.py ~/VOC2012 --rate 0.05 --seeds 3 --only tags

As many tags are taken away as false ones are added, by the frequency of classes; scores are those of `wsss data audit`
and of what it is made of. AP is over pairs of an image and a class, P@10 the share of planted ones among the first ten,
R@2k that of all planted ones among twice as many as there are. Planted mistakes come on top of real ones, so precision
is a lower bound. cleanlab, where it is installed, judges the same leave-one-out probabilities by its thresholds.
Duplicates are copies of 40 images: mirrored, cut out, lighter, and at half size with a JPEG quality of 40.
"""

import argparse
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from wsss.audit.duplicates import candidates, judged
from wsss.audit.evidence import class_maps
from wsss.audit.look import grey, look
from wsss.audit.neighbours import centred, nearest, shares
from wsss.audit.ridge import fit
from wsss.audit.suspects import Evidence, pair_scores
from wsss.data.layouts.toy import Toy
from wsss.data.layouts.voc import VOC
from wsss.data.transforms import EvalTransform
from wsss.metrics.ranking import average_precision
from wsss.models.classifier import ClassifierOptions
from wsss.models.gap import GAPClassifier
from wsss.size import Size

COPIES: Final = 40
BATCH: Final = 8
OPTIONS: Final = ClassifierOptions(output_stride=32)
SQUARE: Final = EvalTransform()

Flags = NDArray[np.bool_]
Numbers = NDArray[np.floating[Any]]
Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Planted:
    """Tags with mistakes, and which these are."""

    tags: Flags
    missing: Flags
    false: Flags


def main() -> None:
    """Print a table of tags and one of duplicates."""
    options = parsed()
    torch.set_num_threads(options.threads)
    with TemporaryDirectory() as drawn:
        layout = Toy(train=options.toy, val=1) if options.toy else VOC(root=Path(options.data or ""))
        if not options.toy and not Path(options.data or "", "JPEGImages").is_dir():
            sys.exit(f"SKIPPED: {options.data} is not a VOC devkit: name one, or measure drawn scenes with --toy 300")
        index = layout.index(Path(drawn))
        network = OPTIONS.build(index.classes).eval()
        records = index.union(index.splits)
        images = [index.pixels(record) for record in records]
        cells = np.concatenate(list(all_cells(network, images)))
    if options.only in (None, "tags"):
        tags = np.array([[c in record.classes for c in range(len(index.classes))] for record in records])
        bench_tags(cells, tags, rate=options.rate, seeds=options.seeds)
    if options.only in (None, "duplicates"):
        bench_duplicates(network, images, cells)


def all_cells(network: GAPClassifier, images: Sequence[Picture]) -> Iterator[Numbers]:
    """Yield the last maps of images, batch by batch, as the audit sees them."""
    for first in range(0, len(images), BATCH):
        batch = torch.stack([OPTIONS.normalisation(SQUARE(image)) for image in images[first : first + BATCH]])
        with torch.no_grad():
            yield network.until("last", batch).maps.half().numpy()


def plant(tags: Flags, *, rate: float, random_seed: int) -> Planted:
    """Take a share of the tags away, and add as many false ones by the frequency of classes, where there is room."""
    draw = np.random.default_rng(random_seed)
    given = np.argwhere(tags)
    count, room = round(rate * len(given)), int((~tags)[:, tags.any(axis=0)].sum())
    if not 0 < count <= min(room, len(given)):
        sys.exit(f"--rate {rate:g} of {len(given)} tags is {count}, and there is room for 1 to {min(room, len(given))}")
    gone = given[draw.choice(len(given), count, replace=False)]
    added = set[tuple[int, int]]()
    while len(added) < count:
        image, cls = int(draw.integers(len(tags))), int(draw.choice(tags.shape[1], p=tags.sum(axis=0) / tags.sum()))
        if not tags[image, cls]:
            added.add((image, cls))
    missing, false = np.zeros_like(tags), np.zeros_like(tags)
    missing[tuple(gone.T)] = True
    false[tuple(np.array(sorted(added)).T)] = True
    return Planted(tags=(tags & ~missing) | false, missing=missing, false=false)


def bench_tags(cells: Numbers, tags: Flags, *, rate: float, seeds: int) -> None:
    """Print how well planted tags are found by each score."""
    embeddings = cells.astype(np.float32).mean(axis=(2, 3)).astype(np.float16)
    near = nearest(centred(embeddings))
    rows: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    flagged: list[tuple[float, float, float]] = []
    chance: dict[str, list[float]] = {"missing": [], "false": []}
    for seed in range(seeds):
        planted = plant(tags, rate=rate, random_seed=seed)
        ridge = fit(embeddings, planted.tags)
        share = shares(near, planted.tags, group=np.arange(len(tags)))
        errors = planted.tags - ridge.scores
        maps = np.concatenate(
            [class_maps(ridge, cells[k : k + BATCH], errors=errors[k : k + BATCH]) for k in range(0, len(tags), BATCH)]
        )
        evidence = Evidence.of(np.arange(len(tags)), maps.astype(np.float16), planted.tags)
        missing, false = pair_scores(planted.tags, ridge.scores, share, evidence)
        trained = ridge.scaling.rows(embeddings) @ ridge.weights + ridge.mean
        found: Mapping[str, tuple[Numbers, Numbers]] = {
            "wsss data audit": (missing, false),
            "out of sample alone": (ridge.scores, -ridge.scores),
            "trained-on probabilities": (trained, -trained),
            "10 neighbours": (share, -share),
        }
        sides = {"missing": (~planted.tags, planted.missing), "false": (planted.tags, planted.false)}
        for kind, (side, truth) in sides.items():
            chance[kind].append(truth[side].mean())
            for name, scores in found.items():
                own = scores[kind == "false"][side]
                rows.setdefault((name, kind), []).append(ranked(truth[side], own))
        flagged += by_cleanlab(planted, ridge.scores)
    for kind in ("missing", "false"):
        print(f"{kind} tags, {rate:.0%} planted, {seeds} seeds; chance {np.mean(chance[kind]):.3f}")
        print(f"  {'':26}      AP           P@10         R@2k")
        for (name, of), values in rows.items():
            if of == kind:
                pairs = zip(np.mean(values, axis=0), np.std(values, axis=0), strict=True)
                print(f"  {name:26}" + "".join(f"  {mean:.3f} ± {deviation:.3f}" for mean, deviation in pairs))
    if flagged:
        count, precision, recall = np.mean(flagged, axis=0)
        print(
            f"cleanlab on the same probabilities: {count:.0f} flagged, precision {precision:.2f}, recall {recall:.2f}"
        )
    else:
        print("cleanlab: SKIPPED, it is not installed (uv pip install cleanlab==2.9.0)")


def ranked(truth: Flags, scores: Numbers) -> tuple[float, float, float]:
    """Return AP, P@10 and R@2k."""
    order, count = np.argsort(-scores, kind="stable"), int(truth.sum())
    return average_precision(truth, scores), truth[order[:10]].mean(), truth[order[: 2 * count]].sum() / count


def by_cleanlab(planted: Planted, scores: Numbers) -> list[tuple[float, float, float]]:
    """Return how many pairs cleanlab flags, with precision and recall; nothing where it is not installed."""
    if find_spec("cleanlab") is None:
        return []
    filters = import_module("cleanlab.multilabel_classification.filter")

    labels = [np.flatnonzero(row).tolist() for row in planted.tags]
    issues = np.asarray(filters.find_multilabel_issues_per_class(labels, np.clip(scores, 1e-6, 1 - 1e-6)))
    truth = planted.missing | planted.false
    hits = (issues & truth).sum()
    return [(float(issues.sum()), float(hits / max(issues.sum(), 1)), float(hits / truth.sum()))]


def copies() -> dict[str, Callable[[Picture, np.random.Generator], Picture]]:
    """Return how copies are made, by name."""

    def cut(share: float) -> Callable[[Picture, np.random.Generator], Picture]:
        def cut_out(image: Picture, draw: np.random.Generator) -> Picture:
            height, width = (round(side * share) for side in image.shape[:2])
            top, left = draw.integers(image.shape[0] - height + 1), draw.integers(image.shape[1] - width + 1)
            return jpeg(image[top : top + height, left : left + width], quality=90)

        return cut_out

    def half(image: Picture, _: np.random.Generator) -> Picture:
        size = image.shape[1] // 2, image.shape[0] // 2
        return jpeg(np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)), quality=40)

    return {
        "mirrored": lambda image, _: jpeg(image[:, ::-1], quality=90),
        "cut to 90 %": cut(0.9),
        "cut to 70 %": cut(0.7),
        "30 % lighter": lambda image, _: jpeg(np.clip(image * 1.3, 0, 255).astype(np.uint8), quality=90),
        "half size, JPEG 40": half,
    }


def jpeg(image: Picture, *, quality: int) -> Picture:
    """Return an image as a JPEG of it is read."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def bench_duplicates(network: GAPClassifier, images: Sequence[Picture], cells: Numbers) -> None:
    """Print how many copies of each kind are found among all images, and how many pairs of originals."""
    draw = np.random.default_rng(0)
    chosen = draw.choice(len(images), min(COPIES, len(images)), replace=False)
    embeddings = cells.astype(np.float32).mean(axis=(2, 3))
    every, rows, source = list(images), [embeddings], list(range(len(images)))
    kinds = copies()
    for make in kinds.values():
        made = [make(images[place], draw) for place in chosen]
        rows.append(np.concatenate([each.astype(np.float32).mean(axis=(2, 3)) for each in all_cells(network, made)]))
        every += made
        source += chosen.tolist()
    found = dict.fromkeys(kinds, 0)
    false = 0
    for pair in candidates(nearest(centred(np.concatenate(rows)))):
        one, other = (grey(every[place]).astype(np.float32) for place in (pair.first, pair.second))
        sizes = tuple(Size(height=every[k].shape[0], width=every[k].shape[1]) for k in (pair.first, pair.second))
        if judged(pair, look(one, other, cut_outs=pair.cut_outs), sizes=(sizes[0], sizes[1])) is None:
            continue
        if source[pair.first] != source[pair.second]:
            false += 1
            print(f"  not a copy: {pair}")
        elif pair.first < len(images) <= pair.second:
            found[list(kinds)[(pair.second - len(images)) // len(chosen)]] += 1
    print(f"near duplicates: {len(chosen)} copies of each kind among {len(images)} images; {false} pairs that are none")
    for name, count in found.items():
        print(f"  {name:26}recall {count / len(chosen):.3f}")


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench_tags", description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", help="a VOC devkit")
    parser.add_argument("--toy", type=int, default=0, metavar="N", help="measure so many drawn scenes instead")
    parser.add_argument("--rate", type=float, default=0.1, help="share of tags that are planted (default: 0.1)")
    parser.add_argument("--seeds", type=int, default=5, help="how often (default: 5)")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (default: 1)")
    parser.add_argument("--only", choices=("tags", "duplicates"), help="one of both alone")
    return parser.parse_args()


if __name__ == "__main__":
    main()
