"""The folders of configs: the package's own, then that of `--config-dir`, then those of plug-ins."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import wsss
from wsss.errors import ConfigError
from wsss.plugins import plugins

OPTION: Final = "--config-dir"
SHORT: Final = "-cd"


def config_folder() -> Path:
    """Return the package's own configs: inside an installed package, or beside it in a checkout."""
    installed = Path(wsss.__file__).parent / "conf"
    return installed if installed.is_dir() else installed.parents[1] / "conf"


def config_folders(added: Path | None = None) -> tuple[Path, ...]:
    """Return every folder of configs, in the order in which Hydra looks; `added` is that of `--config-dir`.

    Raises `ConfigError` where `added` is not a folder.
    """
    if added is not None and not added.is_dir():
        raise ConfigError([f"--config-dir: there is no folder {added}"])
    others = [folder for plugin in plugins() if (folder := plugin.conf).is_dir()]
    return (config_folder(), *([] if added is None else [added.absolute()]), *others)


def added_among(arguments: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Return the folder that `--config-dir` (or `-cd`) names among a command's words, and the other words.

    Raises `ConfigError` where the option stands last, without its folder.
    """
    added, others, words = None, [], iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name not in (OPTION, SHORT):
            others.append(word)
        elif folder := value if equals else next(words, ""):
            added = Path(folder).expanduser()
        else:
            raise ConfigError([f"{name}: name a folder of configs"])
    return added, others


def options(group: str, folders: Sequence[Path]) -> dict[str, Path]:
    """Return the files that a group chooses between, by name; of two with one name, the first folder's counts."""
    paths = [path for folder in reversed(folders) for path in (folder / group).glob("*.yaml")]
    return dict(sorted({path.stem: path for path in paths}.items()))
