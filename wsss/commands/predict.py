"""`wsss predict DIR --model RUN`: masks and overlays of new images by a finished run's network."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Final

from wsss import engine
from wsss.apps import batch, predict
from wsss.commands.batch import batch_parser, name_failed
from wsss.commands.boxes import add_box_arguments, asked_boxes
from wsss.engine.streams import announce
from wsss.errors import ConfigError

ABOUT: Final = """\
Label every pixel of new images with the segmentation network of a finished run.

  wsss predict photos --model outputs/toy/1
  wsss predict "cat (1).jpg" b.png --model outputs/toy/1 --out here --device cpu

--out then holds, with the folders that the images lie in:

  masks/<image>.png        a palette PNG: viewers show colours, programs read 0 for background, 1 for the first class
  overlays/<image>.jpg     the mask over the image, and the names of what it shows
  predictions.json         of every image: its size, each class with its pixels, share and mean confidence, and how
                           unlike the images learnt from it is; above 1 it is named under `unlike`

and, where --formats names them:

  confidence/<image>.png   the score of each pixel's label: grey, 255 for 1
  coco.json                annotations with run lengths, as pycocotools reads them
  polygons.json            the same with a polygon for each region of a class; holes are not cut out
  label_studio.json        tasks in which people correct the masks, and label_studio.xml, the labelling interface;
                           `wsss data masks` turns what they export into masks

and with --boxes:

  boxes.json               a box around each object of the masks, with a score: COCO's detections
  annotations/<image>.xml  with --voc: the same as PASCAL VOC has it

The suffix of an image is kept in these names where two images of a folder differ in nothing else. Images that cannot be
read are named at the end and left out, with exit code 1. Results that are there already are made again, unless --resume
is given: it keeps those of the same model, size of tiles and content of the image.
"""
TILE: Final = 1024
NOT_COMPARED: Final = (
    "images were not compared with those that were learnt from: the training kept no features, "
    "since it had fewer than 8 images or an earlier version made it"
)
"""What is said where no image has an `unlikeness`."""
FORMATS: Final = ("confidence", "coco", "polygons", "label_studio")


def main(arguments: Sequence[str]) -> None:
    """Predict masks; raises a `WsssError` where there is no finished run, or no image."""
    options = argument_parser().parse_intermixed_args(arguments)
    announce("loading the network")
    try:
        predict.check_tile(options.tile)
    except ValueError as error:
        raise ConfigError([f"--tile: {error}"]) from error
    boxes = asked_boxes(options)
    engine.keep_freed_memory()
    engine.console.stderr = options.json  # the bar must not stand in what a program reads
    output = predict.predictions(options.out.expanduser())
    output.check()
    inputs = batch.find_inputs(options.images, without=output.folders)
    for note in inputs.notes():
        engine.console.print(note)
    predictor = predict.Predictor.of(options.model, store=options.store, device=options.device, tile=options.tile)
    task = predict.Predict(predictor=predictor, formats=options.formats, boxes=boxes)
    table = batch.work_off(
        task, inputs, output=output, head=task.head(inputs, run=options.model), resume=options.resume
    )
    if options.json:
        sys.stdout.write(json.dumps(table) + "\n")
    else:
        far = "features further off than those of 99 in 100 of these"
        if table["unlike"] is None:
            engine.console.print(NOT_COMPARED)
        if said := batch.warning(table, key="unlike", why=far):
            engine.console.print(said)
        if said := batch.warning(table, key="unsure", why=f"mean confidence below {predict.UNSURE}"):
            engine.console.print(said)
        engine.console.print(f"{len(table['images'])} of {len(inputs.names)} images are predicted")
        engine.console.print(str(output.table.absolute()))
    name_failed(table)


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = batch_parser("predict", about=ABOUT, out="predictions")
    parser.add_argument(
        "--tile",
        type=int,
        default=TILE,
        metavar="PIXELS",
        help=f"cut images with a longer side into tiles (default: {TILE}); smaller ones need less memory and see less",
    )
    parser.add_argument(
        "--formats",
        nargs="+",
        action="extend",
        choices=FORMATS,
        default=[],
        metavar="NAME",
        help=f"also write: {', '.join(FORMATS)}",
    )
    add_box_arguments(parser, maps=False)
    parser.add_argument("--json", action="store_true", help="for programs: print predictions.json, and the bar aside")
    return parser
