"""A folder as model hubs take it: the files of a model file, with a card that they can read."""

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from wsss.apps.model.writing import write_model
from wsss.errors import ConfigError
from wsss.paths import inside


def export_folder(run: Path, out: Path, *, store: Path | None = None) -> int:
    """Write the folder, and return how many files it holds.

    Raises `ConfigError` for a folder that holds something already, and what `write_model` raises.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError([f"--out {out} is there already: name a new folder"])
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as hidden:
        packed, folder = Path(hidden, "model.wsss"), Path(hidden, "folder")
        write_model(run, packed, store=store)
        with zipfile.ZipFile(packed) as archive:
            names = archive.namelist()
            for name in names:
                path = inside(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(name))
        if out.exists():
            out.rmdir()
        folder.rename(out)
    return len(names)
