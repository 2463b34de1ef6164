"""Compare ways to choose the background threshold without masks: how much mIoU does each lose against the oracle?

python scripts/compare_thresholds.py runs [more stores] [--images 300] [--crf 40]

Every finished artifact of raw maps in the stores whose data set has masks is one table. Ways: what `refine=auto` does,
its three kinds of evidence alone and in pairs (see `wsss.metrics.separation`), and the threshold at which a dense CRF
neither grows nor shrinks the foreground (`--crf N` images, slow).
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, UInt8

from wsss.artifacts.formats import SCORES, read_scores
from wsss.artifacts.store import Artifact, Store
from wsss.artifacts.upkeep import frozen_job
from wsss.data.images import read_image, read_mask
from wsss.data.index import Index
from wsss.labels import BACKGROUND, label_count
from wsss.metrics.curve import ThresholdCurve
from wsss.metrics.separation import THRESHOLDS, evidence
from wsss.refine import ConstantBackground, DenseCRF
from wsss.stages.base import item_path, read_index
from wsss.types import ScoreMaps

MAPS: Final = ("extract_cams", "extract_fine", "combine_maps")
CRF_THRESHOLDS: Final = tuple(round(0.05 * step, 2) for step in range(3, 16))


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One image with its maps and its true mask."""

    image: UInt8[np.ndarray, "h w 3"]
    maps: ScoreMaps
    truth: UInt8[np.ndarray, "h w"]

    @property
    def strongest(self) -> Float[np.ndarray, "y x"]:
        """The strongest score of every cell."""
        return self.maps.scores.amax(dim=0).numpy()


def best_of(every: list[Seen], kinds: tuple[int, ...]) -> float:
    """Return the threshold for which the product of some kinds of evidence is largest, in the mean."""
    products = [evidence(s.image, s.strongest)[:, kinds].prod(axis=1) for s in every]
    return THRESHOLDS[int(np.mean(products, axis=0).argmax())]


def crf_balance(every: list[Seen]) -> float:
    """Return the threshold at which the CRF leaves the share of the foreground as it is, in the mean."""
    device = torch.device("cpu")
    crf = DenseCRF().open({}, device)
    changes = []
    for threshold in CRF_THRESHOLDS:
        rule = ConstantBackground(threshold=threshold).open({}, device)
        change = 0.0
        for s in every:
            before = rule([s.image], [s.maps])[0].full()
            after = crf([s.image], [before])[0]
            shares = [float((maps.scores.argmax(dim=0) != BACKGROUND).float().mean()) for maps in (before, after)]
            change += shares[1] - shares[0]
        changes.append(abs(change))
    return CRF_THRESHOLDS[int(np.argmin(changes))]


KINDS: Final = {
    "all (refine=auto)": (0, 1, 2),
    "scores and colours": (0, 1),
    "scores and border": (0, 2),
    "scores (Otsu)": (0,),
    "colours": (1,),
    "border": (2,),
}


def seen(artifact: Artifact, index: Index, *, split: str, count: int) -> Iterator[Seen]:
    """Yield images of a split that have maps and a true mask."""
    for record in index.split(split)[:count]:
        path, mask = item_path(artifact, record, SCORES), index.mask_path(record)
        if record.classes and mask is not None and path.exists():
            yield Seen(image=read_image(index.image_path(record)), maps=read_scores(path), truth=read_mask(mask))


def curve(every: list[Seen], *, labels: int) -> tuple[list[float], np.ndarray]:
    """Return thresholds and the mIoU, in per cent, of each."""
    counted = ThresholdCurve(labels=labels)
    for s in every:
        full = s.maps.full()
        score, position = full.scores.max(dim=0)
        counted.add(s.truth, strongest=full.labels[position].numpy(), score=score.numpy())
    return list(counted.thresholds), 100 * np.array([scores.miou for scores in counted.scores()])


def finished_maps(store: Store) -> Iterator[Artifact]:
    """Yield every finished artifact of raw maps."""
    for stage in MAPS:
        yield from (each for each in store.artifacts(stage) if each.state() == "cached")


def main() -> None:
    """Print one row for every artifact."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stores", type=Path, nargs="+")
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--crf", type=int, default=0, help="images for the CRF's balance; 0: leave it out")
    options = parser.parse_args()
    for store in map(Store.at, options.stores):
        for artifact in finished_maps(store):
            read = artifact.manifest()["inputs"]["index"]
            index = read_index(store.artifact("index_data", read))
            config = frozen_job(artifact)["config"]
            every = list(seen(artifact, index, split=config["splits"][0], count=options.images))
            if not every:
                continue
            thresholds, miou = curve(every, labels=label_count(index.classes))
            best = int(np.nanargmax(miou))
            method = f" {config['cam']['_target_'].rpartition('.')[2]}" if "cam" in config else ""
            print(f"{store.root.name} {artifact.stage} {artifact.fingerprint}{method}, {len(every)} images")
            print(f"  {'oracle':<20}{thresholds[best]:>6.2f}{miou[best]:>8.1f}")
            chosen = {name: best_of(every, kinds) for name, kinds in KINDS.items()}
            if options.crf:
                chosen["balance of the CRF"] = crf_balance(every[: options.crf])
            for name, threshold in chosen.items():
                value = float(np.interp(threshold, thresholds, miou))
                print(f"  {name:<20}{threshold:>6.2f}{value:>8.1f}{value - miou[best]:>+7.1f}")


if __name__ == "__main__":
    main()
