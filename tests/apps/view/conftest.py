"""A gallery of a real run with findings that are made by hand."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Served
from toy_runs import Run

from wsss.apps.view.gallery import Gallery
from wsss.apps.view.server import Viewer
from wsss.engine.stage import read_index
from wsss.run.record import read_record
from wsss.store.kinds import INDEX

TAGS = "image,class,suggestion,accept,p\n{0},bee,add,,0.9\n'=x.png,snail,remove,yes,0.1\n"


@pytest.fixture(scope="session")
def first_image(toy_run: Run) -> str:
    record = read_record(toy_run.out)
    return next(iter(read_index(record.artifact(record.last(INDEX))).records))


@pytest.fixture
def findings(tmp_path: Path, first_image: str) -> Path:
    """A folder as `wsss data audit` leaves it: one finding about the first image, and a table of tags."""
    finding = {
        "kind": "tags",
        "severity": 0.7,
        "level": "serious",
        "subject": "bee",
        "sentence": "1 image lacks <bee>.",
        "remedy": "Add it.",
        "numbers": {},
        "images": [first_image],
    }
    table = {
        "format": 1,
        "title": "Audit",
        "command": "wsss data audit x",
        "created": "2026-01-02",
        "head": {},
        "measures": {},
        "findings": [finding],
        "tables": [
            {"kind": "tags", "title": "Tags", "file": "tags.csv"},
            {"kind": "classes", "title": "Classes", "file": "classes.csv"},
        ],
        "notes": [],
    }
    (tmp_path / "audit.json").write_text(json.dumps(table), encoding="utf-8")
    (tmp_path / "tags.csv").write_text(TAGS.format(first_image), encoding="utf-8")
    (tmp_path / "classes.csv").write_text("class,images\nbee,3\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def gallery(toy_run: Run, findings: Path) -> Gallery:
    return Gallery.of(toy_run.out, findings=[findings])


@pytest.fixture
def served(gallery: Gallery) -> Iterator[Served]:
    viewer = Viewer(gallery=gallery)
    threading.Thread(target=viewer.serve, daemon=True).start()
    asked = Served(viewer=viewer, token="")
    page = asked.ask("/")[1].decode()
    yield Served(viewer=viewer, token=page.split('TOKEN = "')[1].split('"')[0])
    viewer.server.shutdown()
