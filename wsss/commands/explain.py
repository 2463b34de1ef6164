"""`wsss explain IMAGE`: where the classifier of a run, or one of timm, saw what it says, by many CAM methods."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wsss import engine
from wsss.apps import batch, explain
from wsss.apps.given import given_path
from wsss.apps.lists import names_in
from wsss.commands.asked_network import (
    METHODS,
    METHODS_OF_CLIP,
    METHODS_OF_DETECTORS,
    METHODS_OF_TIMM,
    add_network_arguments,
    check_network,
    methods_of,
    model_of,
    network_of,
    words_of,
)
from wsss.commands.batch import batch_parser, name_failed
from wsss.commands.boxes import add_box_arguments, asked_boxes
from wsss.engine.streams import announce
from wsss.errors import ConfigError

if TYPE_CHECKING:
    from wsss.apps.explain import Explainer

ABOUT: Final = """\
Show where a classifier saw what it says of an image, that of a finished run, any of timm, or CLIP with words of your
own: heatmaps of CAM methods side by side, with scores of how faithful each is to the classifier.

  wsss explain cat.jpg --network resnet50
  wsss explain cat.jpg --network resnet50 --classes "tabby cat,dalmatian" --weights resnet50.safetensors
  wsss explain street.jpg --network fasterrcnn_resnet50_fpn --classes car
  wsss explain cat.jpg --bank animals.npz --classes "tabby cat,dog"
  wsss explain cat.jpg --model outputs/toy/1
  wsss explain "cat (1).jpg" --model outputs/toy/1 --methods all --classes cat,dog
  wsss explain photos --model outputs/toy/1 --methods cam,scorecam --mask masks
  wsss explain photos --model outputs/toy/1 --against cat
  wsss explain cat.jpg --model outputs/toy/1 --network segmenter --point 120,80

--out then holds, with the folders that the images lie in:

  sheets/<image>.png       classes down, methods across: each map over the image, its scores below it
  explanations.json        of every image: the probability of every class, and every score; and their means
  maps/<image>/*.npy .png  with --maps: each map at the image's size, as numbers in [0, 1] and as a grey picture
  boxes.json               with --boxes: a box around what is bright in each map, with a score: COCO's detections
  annotations/<method>/    with --voc: the same as PASCAL VOC has it, an XML file an image

Methods are those of `wsss run cam=...`; one that does not fit the run's classifier is left out, and said why.
Classes are those that the classifier says yes to, at least the likeliest; without a run the three likeliest.
Of several images the means are printed as well. Images that cannot be read, or do not have the pixels that are
asked about, are named at the end and left out, with exit code 1. Results that are there already are made again,
unless --resume is given: it keeps those of the same model, options and content of the image and its mask.
"""
ALL: Final = "all"
SIDE: Final = 512
SHOWN: Final = 8
"""Images up to which each one's scores are printed; of more there are only the means, and the table in the file."""


def main(arguments: Sequence[str]) -> None:
    """Explain images; raises a `WsssError` where there is no finished run, no image, or no such method or class."""
    options = argument_parser().parse_intermixed_args(arguments)
    announce("loading the network")
    try:
        explain.check_side(options.side)
    except ValueError as error:
        raise ConfigError([f"--side: {error}"]) from error
    boxes = asked_boxes(options)
    check_network(options)
    engine.keep_freed_memory()
    output = explain.explanations(options.out.expanduser())
    output.check()
    known = list(explain.cam_methods(options.config_dir))
    asked = methods_of(options)
    wanted = known if asked == ALL else names_in(asked, known=known, key="--methods")
    inputs = batch.find_inputs(options.images, without=output.folders)
    for note in inputs.notes():
        engine.console.print(note)
    if options.mask is not None:
        inputs = replace(inputs, masks=explain.masks_of(inputs, options.mask.expanduser()))
    if options.pixels is not None:
        inputs = replace(inputs, pixels=explain.masks_of(inputs, options.pixels.expanduser(), key="--pixels"))
    explainer = network_of(options)
    if options.against is not None:
        explainer = explainer.against(options.against)
    methods = explain.fitting(wanted, explainer.networks, added=options.config_dir)
    classes = _classes(options.classes, explainer)
    for name, reason in methods.left_out.items():
        engine.console.print(f"{name} is left out: {reason}")
    few = len(inputs.names) <= SHOWN
    task = explain.Explain(
        explainer=explainer,
        methods=methods,
        classes=classes,
        scored=options.scores,
        printed=few,
        with_maps=options.maps,
        boxes=boxes,
        asked=words_of(options),
    )
    head = task.head(inputs, model=model_of(options))
    if not options.resume and (wait := explain.long_wait(task, inputs)):
        engine.console.print(wait)
    begun = options.resume or not options.scores
    if not begun and (first := explain.first_look(task, inputs, output=output, head=head)):
        engine.console.print(first.words)
    table = batch.work_off(task, inputs, output=output, head=head, resume=options.resume)
    if options.scores:
        explain.print_means(table)
    if said := batch.warning(table, key="unsure", why="the network says yes to no class"):
        engine.console.print(said)
    for path in [row["sheet"] for row in table["images"]] if few else ["sheets"]:
        engine.console.print(str((output.folder / path).absolute()))
    engine.console.print(str(output.table.absolute()))
    name_failed(table)


def _classes(text: str | None, explainer: "Explainer") -> tuple[str, ...]:
    if text is None:
        return ()
    return names_in(text, known=explainer.classes, key="--classes", synonyms=explainer.synonyms)


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = batch_parser("explain", about=ABOUT, out="explanations", without_model=True)
    add = parser.add_argument
    shown = f"{METHODS}; of timm {METHODS_OF_TIMM}; of a bank {METHODS_OF_CLIP}; of detectors {METHODS_OF_DETECTORS}"
    add("--methods", metavar="NAMES", help=f"joined by commas, or {ALL} (default: {shown})")
    add("--config-dir", type=given_path, metavar="DIR", help="a folder with configs of your own, such as cam/mine.yaml")
    add("--classes", metavar="NAMES", help="joined by commas (default: those that the classifier says yes to)")
    add(
        "--mask",
        type=given_path,
        metavar="MASK",
        help="the image's true mask, or a folder of masks named as the images are",
    )
    add("--no-scores", dest="scores", action="store_false", help="heatmaps alone, which take a fraction of the time")
    add("--maps", action="store_true", help="also write every map as .npy and .png")
    add(
        "--side",
        type=int,
        default=SIDE,
        metavar="PIXELS",
        help=f"shrink images with a longer side to it before the classifier sees them (default: {SIDE})",
    )
    add_network_arguments(parser)
    add_box_arguments(parser, maps=True)
    return parser
