"""The config that overrides stand for, as `wsss run` composes it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wsss.config.compose import composed, resolved, searching
from wsss.config.search import config_folders
from wsss.run.command import build_stages


def compose(overrides: str | Sequence[str] = (), *, config_dir: str | Path | None = None) -> dict[str, Any]:
    """Return the config of a run as plain values, all of it checked; nothing is read or made.

    Args:
        overrides: The words of `wsss run`, such as `["experiment=toy", "cam=gradcam"]`, or one of them.
        config_dir: A folder of configs beside the package's own, as `--config-dir`.

    Raises:
        ConfigError: One or several overrides are wrong; it names each, with the allowed names.
    """
    words = [overrides] if isinstance(overrides, str) else list(overrides)
    _, *folders = config_folders(None if config_dir is None else Path(config_dir).expanduser())
    return resolved(composed(searching(words, folders), build=build_stages))
