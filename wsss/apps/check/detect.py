"""Detect a folder's layout and where its parts lie, and say how a run is given them."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Final, Literal

from wsss.data.images import find_images
from wsss.data.layouts.folder import Folder
from wsss.data.layouts.voc import VOC
from wsss.errors import ConfigError, one_of

Format = Literal["voc", "folder"]

WRITERS: Final[Mapping[Format, type[VOC | Folder]]] = {"voc": VOC, "folder": Folder}
DEVKIT: Final = ("JPEGImages", "Annotations", "ImageSets")
NESTED: Final = ("VOC2012", "VOCdevkit/VOC2012")
CHOOSES: Final[Mapping[Format, str]] = {"voc": "dataset=voc", "folder": "experiment=folder"}
"""What a run's command line begins with."""
MASKS: Final[Mapping[Format, str]] = {"voc": "SegmentationClass", "folder": "masks"}

PLAIN: Final = re.compile(r"[A-Za-z_./~][\w./~-]*")
"""Texts that a run's command line takes without quotes, but for the words below."""
WORDS: Final = ("null", "true", "false", "yes", "no", "on", "off", "nan", "inf")


def guess_format(root: Path) -> Format:
    """Return `voc` for a folder with a part of a devkit in it, or a devkit one or two folders below."""
    below = [root / name for name in DEVKIT] + [root / name / DEVKIT[0] for name in NESTED]
    return "voc" if any(folder.is_dir() for folder in below) else "folder"


def writer_of(root: Path, *, layout: Format, given: Mapping[str, Any]) -> VOC | Folder:
    """Return the layout of a folder: what is not `given`, by its key of `dataset`, is looked for there.

    Lists of `splits` come beside the default ones, as on a run's command line. Raises `ConfigError` for keys that this
    layout does not have.
    """
    cls = WRITERS[layout]
    known = [field.name for field in fields(cls)]
    strange = [key for key in given if key not in known]
    if strange:
        raise ConfigError([f"dataset={layout} has no option {key!r}; it has: {one_of(known)}" for key in strange])
    options = {"masks": MASKS[layout] if (root / MASKS[layout]).is_dir() else None, **given}
    if cls is Folder:
        options.setdefault("labels", guess_labels(root, images=options.get("images", Folder.images)))
    else:
        options["splits"] = {**VOC(root=root).splits, **given.get("splits", {})}
    return cls(root=root, **options)


def guess_labels(root: Path, *, images: str) -> str | None:
    """Return the label file: `labels.csv`, `labels.json`, or the only table there; None where classes have folders."""
    tables = sorted(path.name for path in root.glob("*") if path.suffix.lower() in (".csv", ".json"))
    usual = [name for name in (Folder.labels, "labels.json") if name in tables]
    if usual or len(tables) == 1:
        return (usual or tables)[0]
    found = find_images(root / images) if (root / images).is_dir() else ()
    return None if found and all("/" in path for path in found) else Folder.labels


def run_line(writer: VOC | Folder, *, train: str, val: str) -> str:
    """Return the command of a run on this data set, as it can be typed."""
    layout = next(name for name, cls in WRITERS.items() if isinstance(writer, cls))
    words = [CHOOSES[layout], f"dataset.root={_value(str(writer.root))}"]
    for field in fields(writer):
        value = getattr(writer, field.name)
        default: Any = field.default if field.default_factory is MISSING else field.default_factory()
        if isinstance(value, dict):
            words += [f"++dataset.{field.name}.{k}={_value(v)}" for k, v in value.items() if default.get(k) != v]
        elif field.name != "root" and value != default:
            words.append(f"dataset.{field.name}={_value(value)}")
    words += [f"splits.{role}={_value(name)}" for role, name in (("train", train), ("val", val)) if role != name]
    return shlex.join(["wsss", "run", *words])


def _value(value: Any) -> str:
    """Write a value in the grammar of a run's command line."""
    if value is None:
        return "null"
    if isinstance(value, tuple):
        return f"[{','.join(_value(each) for each in value)}]"
    if not isinstance(value, str):
        return str(value).lower()
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    # Backslashes count double where a quotation mark follows.
    escaped = re.sub(r"(\\+)$", r"\1\1", re.sub(r'(\\*)"', r'\1\1\\"', value))
    return f'"{escaped}"'
