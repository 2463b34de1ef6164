"""Suggestions for words of the command line that name nothing, and the sentences that make them."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import yaml

from wsss.config.help import Group, groups, settings
from wsss.config.search import options
from wsss.errors import one_of

WRITTEN: Final = "options are written key=value"
HYDRAS: Final = ("defaults", "_target_")
"""Keys of a file that are not options."""


def near(word: str, names: Iterable[str]) -> str:
    """Return `did you mean 'name'? ` for the name that is most like a word, or nothing."""
    matches = get_close_matches(word, list(names), n=1)
    return f"did you mean {matches[0]!r}? " if matches else ""


def unknown(kind: str, word: str, names: Iterable[str]) -> str:
    """Say that there is no such name among those allowed, with the one that is most like it."""
    allowed = sorted(names)
    return f"there is no {kind} {word!r}; {near(word, allowed)}there are {one_of(allowed)}"


def keys_ending(name: str, keys: Iterable[str]) -> list[str]:
    """Return the dotted keys whose last part is a name."""
    return [key for key in keys if key.rpartition(".")[2] == name]


def for_nothing(folders: Sequence[Path]) -> str:
    """Say what `wsss run` can be given, where it was given nothing."""
    return (
        f"say what to run: one of the experiments {one_of(list(options('experiment', folders)))}, as in "
        "wsss run experiment=toy; for photographs of your own, wsss run experiment=folder dataset.root=my_photos"
    )


def for_word(word: str, folders: Sequence[Path]) -> str:
    """Say how to write a word without `=`: as the choice that it names, or as the folder that it is."""
    if not word.strip():
        return f"a word of the command is empty: {WRITTEN}; delete it, or set the variable that it is from"
    if Path(word).expanduser().is_dir():
        layout = "dataset=voc" if (Path(word).expanduser() / "JPEGImages").is_dir() else "experiment=folder"
        return f"{word}: {WRITTEN}: for the images of this folder, {layout} dataset.root={word}"
    choices = [f"{group.key}={name}" for group in groups(folders) for name in group.options]
    by_name: dict[str, list[str]] = {}
    for choice in sorted(choices, key=lambda choice: (not choice.startswith("experiment="), len(choice))):
        by_name.setdefault(choice.rpartition("=")[2], []).append(choice)
    close = [word] if word in by_name else get_close_matches(word, by_name, n=1)
    meant = [choice for name in close for choice in by_name[name][:3]]
    remedy = f"did you mean {' or '.join(meant)}?" if meant else "wsss run --help lists the keys"
    return f"{word}: {WRITTEN}, as in experiment=toy; {remedy}"


def for_option(option: str, value: str, folders: Sequence[Path]) -> str:
    """Say how to write what was given as `--option value`."""
    name = option.lstrip("-").replace("-", "_")
    known = list(keys(folders))
    meant = [key for key in known if key == name] or keys_ending(name, known)
    written = " or ".join(f"{key}={value or 'VALUE'}" for key in meant[:3])
    remedy = f"did you mean {written}?" if meant else f"{near(name, known)}wsss run --help lists the keys"
    return f"{option}: {WRITTEN}; {remedy}"


def keys(folders: Sequence[Path]) -> Iterator[str]:
    """Yield the keys of a default run, without Hydra: settings, groups, and the options of what these choose."""
    yield from (setting.key for setting in settings(folders))
    for group in groups(folders):
        yield group.key
        yield from _keys_of(group, folders)


def _keys_of(group: Group, folders: Sequence[Path]) -> Iterator[str]:
    if path := group.default_file(folders):
        yield from _flat(yaml.safe_load(path.read_text(encoding="utf-8")), group.package)


def _flat(node: Any, key: str) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in HYDRAS:
                yield f"{key}.{name}"
                yield from _flat(value, f"{key}.{name}")
