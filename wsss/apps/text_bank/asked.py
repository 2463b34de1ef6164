"""The classes and backgrounds that a bank is asked for: names, a file of names with other words, or a data set's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from wsss.apps.lists import listed
from wsss.apps.text_bank.words import COCO, COCO_BACKGROUNDS, VOC, VOC_BACKGROUNDS
from wsss.errors import ConfigError, DataError, one_of
from wsss.labels import MAX_CLASSES
from wsss.validation import reason

KNOWN: Final[Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]]] = {
    "voc": (VOC, VOC_BACKGROUNDS),
    "coco": (COCO, COCO_BACKGROUNDS),
}
NONE: Final = "none"
SUFFIX: Final = ".txt"
SYNONYMS: Final = ";"


@final
@dataclass(frozen=True, kw_only=True)
class AskedWords:
    """Classes by name with the texts that stand for each, and background prompts."""

    classes: Mapping[str, tuple[str, ...]]
    backgrounds: tuple[str, ...]


def asked_words(given: Sequence[str], *, backgrounds: str | None = None) -> AskedWords:
    """Return the words of a bank.

    Args:
        given: Names of classes; `voc` or `coco` alone; or one text file with a class a line, `name` or `name: texts`,
            where several texts are divided by `;` and averaged.
        backgrounds: As `backgrounds_of` takes them; those of the data set, and VOC's for names, if not given.

    Raises:
        ConfigError: No class is named, or one twice; or backgrounds without a name.
        DataError: A file that cannot be read.
    """
    if len(given) == 1 and given[0] in KNOWN:
        words, prompts = KNOWN[given[0]]
        classes: Mapping[str, tuple[str, ...]] = {name: (text,) for name, text in words.items()}
    else:
        classes, prompts = _named(given), VOC_BACKGROUNDS
    chosen = prompts if backgrounds is None else backgrounds_of(backgrounds)
    # Where the background is called as a class, what speaks for one speaks for the other.
    taken = {text.lower() for name, texts in classes.items() for text in (name, *texts)}
    return AskedWords(classes=classes, backgrounds=tuple(word for word in chosen if word.lower() not in taken))


def backgrounds_of(text: str) -> tuple[str, ...]:
    """Return background prompts: `voc`, `coco`, `none`, names joined by commas, or a text file with one a line.

    Raises `ConfigError` where there is no name.
    """
    if text in KNOWN:
        return KNOWN[text][1]
    if text == NONE:
        return ()
    names = [line.strip() for line in _lines(Path(text))] if text.endswith(SUFFIX) else listed(text)
    prompts = tuple(dict.fromkeys(name for name in names if name))
    if not prompts:
        raise ConfigError([f"--backgrounds {text!r} has no prompt: name some, or write {NONE!r} to do without"])
    return prompts


def _named(given: Sequence[str]) -> dict[str, tuple[str, ...]]:
    lines = _lines(Path(given[0])) if len(given) == 1 and given[0].endswith(SUFFIX) else list(given)
    if files := [name for name in given if name.strip() and not name.endswith(SUFFIX) and Path(name).is_file()]:
        raise ConfigError([f"classes: {one_of(files)} is a file: name classes, or one text file that ends in {SUFFIX}"])
    pairs = [_pair(line) for line in lines if line.strip()]
    names = [name for name, _ in pairs]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError([f"classes: {one_of(repeated)} is named twice: name each class once"])
    if not names:
        raise ConfigError(["classes: none is named: write `wsss text-bank cat dog`, or name a text file of them"])
    if len(names) > MAX_CLASSES:
        raise ConfigError([f"classes: {len(names)} are more than the {MAX_CLASSES} of a mask"])
    return dict(pairs)


def _pair(line: str) -> tuple[str, tuple[str, ...]]:
    name, _, texts = (part.strip() for part in line.partition(":"))
    own = tuple(text.strip() for text in texts.split(SYNONYMS) if text.strip()) or (name,)
    if not name:
        raise ConfigError([f"classes: {line!r} names no class: write `name: texts`"])
    return name, own


def _lines(path: Path) -> list[str]:
    try:
        return path.expanduser().read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is not a text file of names, one a line ({reason(error)}): name another file"
        ) from error
