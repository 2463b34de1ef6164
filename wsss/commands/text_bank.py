"""`wsss text-bank CLASSES --out bank.npz`: class names as CLIP's text tower sees them."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from wsss import engine
from wsss.apps import check, text_bank
from wsss.apps.given import given_path
from wsss.apps.text_bank.words import TEMPLATES
from wsss.config.leaves import leaves
from wsss.config.search import config_folders
from wsss.errors import ConfigError
from wsss.store.disk_errors import refuse_unwritable

if TYPE_CHECKING:
    from wsss.data.layouts.base import Layout

ABOUT: Final = """\
Make a bank of text vectors from class names, for `wsss explain --bank` and `wsss run experiment=folder_clip`.

  wsss text-bank cat dog "teddy bear" --out animals.npz
  wsss text-bank classes.txt --out mine.npz --templates clip
  wsss text-bank voc --out voc.npz

A file of names has a class a line. After a colon stand the texts that CLIP is asked for in place of the name, several
divided by `;` and averaged:

  person: person with clothes,people,human
  sofa: sofa; couch

Background prompts compete with the classes, so that water is not taken for a boat; one that is called as a class is
left out. The text tower comes from the Hugging Face Hub (transformers, the extra `clip`), or from a folder.

  wsss text-bank voc --out voc.npz --rank VOC2012

takes the template that CLIP-ES would: the one with the least sharpness on a data set's images of several classes, among
all sets' and those of --template. A sharp one lets one class of an image take the scores of the others.
"""
TOWER: Final = "vit_base_patch16_clip_quickgelu_224.openai"
TEMPLATE: Final = "clip_es"


def main(arguments: Sequence[str]) -> None:
    """Make a bank; raises a `WsssError` for words that make none, and where the text tower cannot be had."""
    options = argument_parser().parse_args(arguments)
    if options.out.suffix != ".npz":
        raise ConfigError([f"--out: {options.out}: a bank is named with the suffix .npz"])
    path = options.out.expanduser()
    if path.is_dir():
        raise ConfigError([f"--out: {options.out} is a folder: name a file"])
    refuse_unwritable(path.parent)
    words = text_bank.asked_words(options.classes, backgrounds=options.backgrounds)
    ranked_on = None if options.rank is None else _layout(words, options=options)
    tower = text_bank.load_tower(options.tower, source=options.text_model)
    templates = options.template or TEMPLATES[options.templates]
    if ranked_on is not None:
        templates = (_best(words, tower, layout=ranked_on, options=options),)
    bank = text_bank.make_bank(words, tower, templates=templates)
    text_bank.save_bank(path, bank)
    said = f"{len(bank.classes)} classes and {len(bank.backgrounds)} background prompts for {bank.tower}"
    engine.console.print(said)
    engine.console.print(str(path.absolute()))


def _layout(words: "text_bank.AskedWords", *, options: argparse.Namespace) -> "Layout":
    """Return the data set of `--rank`; refuses one that says nothing of templates before a tower is loaded."""
    choice = check.chosen(leaves("dataset", config_folders(None)), root=options.rank, name=None)
    layout = choice.layout(options.rank, given={})
    text_bank.check_several(layout, backbone=options.tower, weights=options.weights, classes=tuple(words.classes))
    return layout


def _best(
    words: "text_bank.AskedWords",
    tower: "text_bank.EmbedsText",
    *,
    layout: "Layout",
    options: argparse.Namespace,
) -> str:
    """Show templates by their sharpness on a data set's images, and return the first."""
    pool = [*(options.template or ()), *(template for own in TEMPLATES.values() for template in own)]
    seen = text_bank.embed_several(
        layout, backbone=options.tower, weights=options.weights, classes=tuple(words.classes)
    )
    ranked = text_bank.rank_templates(words, tower, templates=pool, images=seen.images, shown=seen.shown)
    engine.console.print(f"sharpness on {len(seen.shown)} images of several classes, the least first")
    for each in ranked:
        engine.console.print(f"  {each.sharpness:.4f}  {each.template}")
    return ranked[0].template


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss text-bank", description=ABOUT, formatter_class=raw)
    add = parser.add_argument
    add("classes", nargs="+", metavar="CLASS", help="names, a text file with one a line, or voc or coco")
    add("--out", type=given_path, required=True, metavar="FILE", help="where to write: bank.npz")
    add("--backgrounds", metavar="NAMES", help="voc, coco, none, names joined by commas, or a text file (default: voc)")
    add("--templates", choices=tuple(TEMPLATES), default=TEMPLATE, help=f"a set of templates (default: {TEMPLATE})")
    add("--template", action="append", metavar="TEXT", help="one of your own, such as 'a photo of a {}.'; repeatable")
    add("--tower", default=TOWER, metavar="NAME", help=f"timm's image tower that it is for (default: {TOWER})")
    add("--rank", type=given_path, metavar="DIR", help="a data set, on whose images the best template is looked for")
    add("--weights", default="pretrained", metavar="FILE", help="with --rank: the image tower's (default: pretrained)")
    add("--text-model", metavar="FOLDER", help="a folder with CLIP as transformers saves it, or its name on the hub")
    return parser
