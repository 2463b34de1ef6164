"""Measure how far a trained classifier's units see: the `sigma` for `views=gaussian`.

    .venv/bin/python scripts/measure_receptive_field.py outputs/toy/1                the last block, on 8 images
    .venv/bin/python scripts/measure_receptive_field.py outputs/toy/1 --block block3 --images 32

It prints the standard deviation of the effective receptive field (the magnitude of the middle unit's gradient with
respect to the pixels) in pixels and in cells of the raw map, and the option to give to `wsss run`. Where images are not
several times as large as what a unit sees, the number is too small. Late blocks of a deep network see several cells far
(EfficientNet-Lite0's last, at stride 16: 4 to 6), and maps that are spread so far hold little detail: 1 is the default.

The backbone alone is measured, whatever head was trained on it.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from wsss.models.gap import with_backbone
from wsss.models.receptive_field import receptive_field
from wsss.run.record import read_record
from wsss.stages.extract_cams import ExtractCams
from wsss.types import Images
from wsss.views import pad_to_multiple


def main() -> None:
    """Print what was measured."""
    options = parsed()
    record = read_record(options.run)
    stage, job = record.stage("extract_cams", ExtractCams), record.job("extract_cams")
    trained = job.network("classifier", weights=stage.weights)
    network = with_backbone(trained.module)

    def images() -> Iterator[Images]:
        index = job.index()
        for each in index.union(stage.splits)[: options.images]:
            image = trained.normalisation(index.pixels(each))
            yield pad_to_multiple(image[None], multiple=network.stride)

    found = receptive_field(network, images(), block=options.block)
    cells = found.sigma / network.strides[options.block]
    down, right = found.offset
    print(f"{options.block}: sigma {found.sigma:.1f} pixels, {cells:.2f} cells; centre {down:+.1f} {right:+.1f} pixels")
    print(f"wsss run ... cam.block={options.block} views=gaussian views.upsampler.sigma={cells:.2f}")


def parsed() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the folder of a finished run, such as outputs/toy/1")
    parser.add_argument("--block", default="last", help="after which block of the network")
    parser.add_argument("--images", type=int, default=8, help="how many of the run's images to average over")
    return parser.parse_args()


if __name__ == "__main__":
    main()
