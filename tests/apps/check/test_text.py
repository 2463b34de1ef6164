"""A check on the screen."""

import io
from pathlib import Path

from data_sets import checked, devkit, edit
from rich.console import Console

from wsss.apps.check.text import check_text
from wsss.data.layouts.voc import VOC


def printed(root: Path, *, width: int = 100) -> list[str]:
    screen = io.StringIO()
    console = Console(file=screen, width=width, soft_wrap=True)
    for part in check_text(checked(VOC(root=root))):
        console.print(part)
    return screen.getvalue().splitlines()


def test_problems_come_last_but_for_the_verdict(tmp_path: Path) -> None:
    root = devkit(tmp_path / "[red]kit")
    (root / "JPEGImages/a.png").write_bytes(b"")
    edit(root / "Annotations/c.xml", "person", "[bold]")
    *_, first, second, verdict = printed(root)
    assert first == f"image: {root}/JPEGImages/a.png is empty (0 bytes): copy it again"
    assert second.startswith("class: 1 image is labelled '[bold]', which is not a class (Annotations/c.xml)")
    assert verdict == "a run refuses this data set: 2 problems (image 1, class 1)"


def test_numbers_are_set_flush_right(tmp_path: Path) -> None:
    lines = printed(devkit(tmp_path))
    (train,) = [line for line in lines if line.startswith("│ train │")]
    assert train == "│ train │      3 │               0 │           3 │"
