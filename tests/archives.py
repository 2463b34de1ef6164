"""Small tars and zips, and shards of the images of `data_sets`."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from data_sets import SHOWN, own_folder


def tar_of(path: Path, files: Mapping[str, bytes]) -> Path:
    """Pack files as a tar."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def zip_of(path: Path, files: Mapping[str, bytes], *, packing: int = zipfile.ZIP_STORED) -> Path:
    """Pack files as a zip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by their names."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def shards(root: Path) -> Path:
    """The images of `own_folder` in `train-0.tar`, `train-1.tar` and `val-0.zip`, with texts of labels and masks."""
    files = files_of(own_folder(root.parent / "unpacked"))
    for name, images, pack in (
        ("train-0.tar", "ab", tar_of),
        ("train-1.tar", "c", tar_of),
        ("val-0.zip", "de", zip_of),
    ):
        members = {}
        for image in images:
            members[f"{image}.png"] = files[f"images/{image}.png"]
            members[f"{image}.txt"] = "\n".join(SHOWN[image]).encode()
            members[f"{image}.seg.png"] = files[f"masks/{image}.png"]
        pack(root / name, members)
    return root
