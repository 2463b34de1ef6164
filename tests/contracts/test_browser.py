"""Pages in a browser: light and dark, by keyboard, on narrow screens, and with every picture large."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from browser import Browser, browser, needs_chromium

from wsss.draw.image_table import ImageLine
from wsss.draw.page import Report, render
from wsss.draw.panels import HeatPanel, ImagePanel, MaskPanel, Panel
from wsss.draw.sheet import Sheet, SheetRow

pytestmark = needs_chromium

GREEN = np.full((90, 120, 3), (0, 200, 0), dtype=np.uint8)
LABELS = np.zeros((90, 120), dtype=np.uint8)
LABELS[:, 60:] = 1
ONES = np.ones((3, 4), dtype=np.float32)
PANELS: tuple[Panel, ...] = (
    ImagePanel(title="image"),
    HeatPanel(title="maps", scores=ONES, by_class={"cat": ONES, "dog": 0 * ONES}),
    MaskPanel(title="mask", labels=LABELS),
)
REPORT = Report(
    title="toy",
    command="wsss run experiment=toy",
    created=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    classes=("cat", "dog"),
    scores={"masks": {"train": {"miou": 0.5, "iou": {"cat": 0.5, "dog": 0.25}}}},
    sheets=(Sheet(title="best", rows=tuple(SheetRow(id=name, image=GREEN, panels=PANELS) for name in "ab")),),
    images=tuple(
        ImageLine(id=name, split="train", classes=(), iou=iou, agreement=1 - iou)
        for name, iou in (("a", 0.9), ("b", 0.2), ("c", 0.5))
    ),
    warnings=("the network learnt little: train longer",),
)


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(REPORT), encoding="utf-8")
    return path


def luminance(colour: np.ndarray) -> float:
    share = colour / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


TEXTS = ("h1", ".lead", ".warning", "th", "td", ".quiet", "nav a", ".title", "label", ".id")


@pytest.mark.parametrize(("scheme", "paper"), [("light", 255), ("dark", 21)])
def test_text_can_be_read_in_light_and_in_dark(window: Browser, page: Path, scheme: str, paper: int):
    window.open(page, scheme=scheme)
    assert window.picture()[2, 2, 0] == paper
    for text in TEXTS:
        found = window.value(f"getComputedStyle(document.querySelector('{text}')).color.match(/\\d+/g).map(Number)")
        light, dark = sorted((luminance(np.array(found[:3])), luminance(window.picture()[2, 2])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{text} in {scheme}: WCAG 2.2, 1.4.3"


def green_rows(picture: np.ndarray) -> int:
    """Rows of the window that show the photograph's green in its middle."""
    return int((np.abs(picture[:, 200].astype(int) - [0, 200, 0]).max(axis=1) < 12).sum())


def test_a_picture_opens_as_large_as_the_window_and_closes(window: Browser, page: Path):
    window.open(page, height=800)
    assert green_rows(window.picture()) < 200
    window.open(page, at="#example-1-2-1", height=800)
    assert green_rows(window.picture()) > 600
    assert window.value("document.elementFromPoint(300, 400).closest('figure').id") == "example-1-2-1"
    window.value("document.querySelector('#example-1-2 .close').click()")
    assert green_rows(window.picture()) < 200


def test_an_opened_picture_has_links_to_all_others_of_the_image(window: Browser, page: Path):
    window.open(page, at="#example-1-1-1")
    shown = (
        "[...document.querySelectorAll('#example-1-1 .title')].filter(e => e.checkVisibility()).map(e => e.innerText)"
    )
    titles = ["image", "maps", "mask", "cat: maps", "dog: maps"]
    assert window.value(shown) == titles
    window.value("document.querySelectorAll('#example-1-1 .title')[2].click()")
    assert window.value("location.hash") == "#example-1-1-3"
    left, right = window.picture()[500, [200, 900]].astype(int)
    assert np.abs(left - [0, 200, 0]).max() < 12, "background is the photograph"
    assert np.abs(right - [126, 177, 0]).max() < 14, "the first class is orange over green"


def test_below_a_heatmap_the_photograph_is_grey(window: Browser, page: Path):
    window.open(page, at="#example-1-1-class-2")
    red, green, blue = window.picture()[500, 300].astype(int)
    assert max(red, green, blue) - min(red, green, blue) < 12
    assert 30 < green < 110, "score 0 is black at half the opacity"


def test_every_link_is_reached_by_tab_and_followed_by_enter(window: Browser, page: Path):
    window.open(page)
    reached = []
    for _ in range(60):
        window.press("Tab")
        reached.append(window.value("document.activeElement.getAttribute('href') || document.activeElement.tagName"))
        if reached[-1] == "#example-1-1-2":
            break
    assert reached[:3] == ["#scores", "#curves", "#examples"]
    assert window.value("getComputedStyle(document.activeElement).outlineStyle") != "none"
    window.press("Enter")
    assert window.value("location.hash") == "#example-1-1-2"


def test_the_table_of_images_is_sorted_by_a_choice(window: Browser, page: Path):
    rows = """[...document.querySelectorAll('.images tbody tr')]
        .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
        .map(row => row.cells[0].innerText).join('')"""
    window.open(page)
    assert window.value(rows) == "bca"
    window.value("document.querySelector('[value=name]').focus()")
    window.value("document.querySelector('[value=best]').click()")
    assert window.value(rows) == "acb"
    heads = (
        "[...document.querySelectorAll('.images thead th')].map(each => Math.round(each.getBoundingClientRect().left))"
    )
    cells = heads.replace("thead th", "tbody tr:first-child td")
    assert window.value(heads) == window.value(cells), "columns stand below their heads"


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_the_page_is_as_wide_as_the_window(window: Browser, page: Path, width: int):
    window.open(page, width=width)
    assert window.value("document.documentElement.scrollWidth") <= width


def test_400_images_and_36_photographs_stay_within_3_megabytes(window: Browser, tmp_path: Path):
    random = np.random.default_rng(0)
    octaves = [
        random.normal(0, 18, (384 // cell, 512 // cell, 3)).repeat(cell, 0).repeat(cell, 1)
        for cell in (64, 32, 16, 8, 4)
    ]
    photograph = (128 + sum(octaves)).clip(0, 255).astype(np.uint8)
    scores = random.random((24, 32), dtype=np.float32)
    labels = (scores * 4).astype(np.uint8).repeat(16, 0).repeat(16, 1)
    maps = [HeatPanel(title=f"maps {k}", scores=scores, by_class={"cat": scores, "dog": scores}) for k in range(2)]
    panels = (ImagePanel(title="image"), *maps, *(MaskPanel(title=f"mask {k}", labels=labels) for k in range(3)))
    rows = tuple(SheetRow(id=str(i), image=photograph, panels=panels) for i in range(36))
    images = tuple(ImageLine(id=f"2007_{i:06}", split="train", classes=("cat", "dog"), iou=i / 400) for i in range(400))
    text = render(replace(REPORT, sheets=(Sheet(title="all", rows=rows),), images=images))
    assert len(text) < 3_000_000
    (tmp_path / "large.html").write_text(text, encoding="utf-8")
    window.open(tmp_path / "large.html", at="#images")
    assert window.value("document.querySelectorAll('.images tbody tr').length") == 400
    assert window.value("[...document.images].every(each => each.naturalWidth > 0)")
