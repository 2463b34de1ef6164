"""The config that overrides stand for, as `wsss run` composes it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wsss.config.compose import resolved
from wsss.run.command import composed_from


def compose(overrides: str | Sequence[str] = (), *, config_dir: str | Path | None = None) -> dict[str, Any]:
    """Return the config of a run as plain values, all of it checked; nothing is read or made.

    Args:
        overrides: The words of `wsss run`, such as `["experiment=toy", "cam=gradcam"]`, or one of them.
        config_dir: A folder of configs beside the package's own, as `--config-dir`.

    Raises:
        ConfigError: One or several overrides are wrong; it names each, with the allowed names.
    """
    return resolved(composed_from(overrides, config_dir=config_dir))
