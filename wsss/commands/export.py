"""`wsss export RUN --to FORMAT --out PATH`: a network or its masks for other programs, servers and hubs."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wsss import engine
from wsss.apps import export
from wsss.apps.given import given_path
from wsss.errors import ConfigError

if TYPE_CHECKING:
    from wsss.apps.export.predicted import Predictions

ABOUT: Final = """\
Write the network of a finished run, or its masks, as others take them.

  wsss export outputs/toy/1 --to onnx --out toy.onnx
  wsss export outputs/toy/1 --to onnx --network classifier --out classifier.onnx
  wsss export outputs/toy/1 --to torch-export --out toy.pt2
  wsss export outputs/toy/1 --to folder --out toy
  wsss export outputs/toy/1 --to coco --out val.json
  wsss export outputs/voc12/1 --to voc-archive --out results.tgz --images VOC2012/JPEGImages \\
      --list VOC2012/ImageSets/Segmentation/test.txt

onnx, torch-export   one graph from pixels (uint8, any number and size of images) to labels and confidence, or with
                     --network classifier to logits and class activation maps. Its metadata name the classes, their
                     colours, and what the run does besides (views, refiners), which the graph does not. It is compared
                     with PyTorch on --check images of the run, and not written where more than 0.1 % of the pixels
                     differ. onnx needs `pip install 'wsss[export]'`.
folder               what a model hub takes: weights as safetensors, model.json, and a card. `--model` takes it, too.
coco                 masks as COCO's JSON: a region and a box for each part of each class.
voc-archive          masks for PASCAL VOC's evaluation server: indexed PNGs with 0 to 20, in one archive.

coco and voc-archive take the masks that the run predicted for --split, or predict the images of --images.
"""
GRAPHS: Final = ("onnx", "torch-export")
MASKS: Final = ("coco", "voc-archive")
FORMATS: Final = (*GRAPHS, "folder", *MASKS)
ONLY: Final = {
    "--network": GRAPHS,
    "--check": GRAPHS,
    "--split": MASKS,
    "--images": MASKS,
    "--list": MASKS,
    "--competition": ("voc-archive",),
}
"""Options that belong to some formats."""


def main(arguments: Sequence[str]) -> None:
    """Export; raises a `WsssError` where there is no finished run, or options do not go together."""
    options = argument_parser().parse_args(arguments)
    _check(options)
    out: Path = options.out.expanduser()
    if options.to in GRAPHS:
        _graph(options, out)
    elif options.to == "folder":
        count = export.export_folder(options.run, out, store=options.store)
        engine.console.print(f"{count} files")
    else:
        _masks(options, out)
    engine.console.print(str(out.absolute()))


def _check(options: argparse.Namespace) -> None:
    """Refuse options of other formats, and images without need."""
    given = {word: getattr(options, word.removeprefix("--")) for word in ONLY}
    problems = [
        f"{word} is about {' and '.join(formats)}: leave it out of --to {options.to}"
        for word, formats in ONLY.items()
        if given[word] is not None and options.to not in formats
    ]
    if options.list is not None and options.images is None:
        problems.append("--list names images of a folder: name that with --images")
    if options.split is not None and options.images is not None:
        problems.append("--split is what the run predicted, --images is predicted now: leave one of both out")
    if options.check is not None and options.check < 0:
        problems.append(f"--check {options.check}: compare on 0 images or more")
    if problems:
        raise ConfigError(problems)


def _graph(options: argparse.Namespace, out: Path) -> None:
    check = export.export_graph(
        options.run,
        out,
        to=options.to,
        network=options.network or "segmenter",
        check=CHECKED if options.check is None else options.check,
        store=options.store,
    )
    if check is not None:
        labels = f"{check.pixels:.4%} of the pixels have another label, " if options.network != "classifier" else ""
        engine.console.print(f"compared on {check.images} images: {labels}numbers differ by up to {check.apart:.1g}")


def _masks(options: argparse.Namespace, out: Path) -> None:
    predictions = _predictions(options)
    with engine.bar("export", total=len(predictions.ids), unit="images") as advance:
        if options.to == "coco":
            count = export.export_coco(predictions, out, advance=lambda: advance(1))
            said = f"{count} regions of {len(predictions.ids)} images"
        else:
            competition = options.competition or export.COMPETITIONS[0]
            count = export.export_voc(predictions, out, competition=competition, advance=lambda: advance(1))
            said = f"{count} masks, each opened again"
    engine.console.print(said)


def _predictions(options: argparse.Namespace) -> "Predictions":
    if options.images is None:
        return export.stored_predictions(options.run, options.split or "val", store=options.store)
    listed = None if options.list is None else options.list.expanduser()
    return export.predicted_on(options.run, options.images.expanduser(), listed=listed, store=options.store)


CHECKED: Final = 4
"""Images that a graph is compared on unless --check is given."""


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss export", description=ABOUT, formatter_class=raw)
    add = parser.add_argument
    add("run", type=given_path, metavar="RUN", help="a run's folder, or a model file: outputs/toy/1, toy.wsss")
    add("--to", required=True, choices=FORMATS)
    add("--out", required=True, type=given_path, metavar="PATH", help="the file or folder to write")
    add("--network", choices=("segmenter", "classifier"), help="default: segmenter")
    add("--check", type=int, metavar="N", help=f"images to compare the graph on; 0: none (default: {CHECKED})")
    add("--split", metavar="NAME", help="the split whose masks are exported (default: val)")
    add("--images", type=given_path, metavar="DIR", help="predict these images, in place of a split")
    add("--list", type=given_path, metavar="FILE", help="names of those among them, one a line without suffix")
    add("--competition", choices=export.COMPETITIONS, help="of the VOC server (default: comp6, other data was used)")
    add("--store", type=given_path, metavar="DIR", help="where the run's store lies, if it was moved")
    return parser
