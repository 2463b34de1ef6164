"""A folder as model hubs take it: the files of a model file, with a card that they can read."""

from pathlib import Path
from tempfile import TemporaryDirectory

from wsss.apps.model.writing import model_files
from wsss.errors import ConfigError


def export_folder(run: Path, out: Path, *, store: Path | None = None) -> int:
    """Write the folder, and return how many files it holds.

    Raises `ConfigError` for a folder that holds something already, and what `model_files` raises.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError([f"--out {out} is there already: name a new folder"])
    _, files = model_files(run, store=store)
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as hidden:
        folder = Path(hidden, "folder")
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if out.exists():
            out.rmdir()
        folder.rename(out)
    return len(files)
