import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from markupsafe import Markup
from page_reader import Reader

from wsss.draw.curves import threshold_curve
from wsss.draw.image_table import ImageLine
from wsss.draw.page import Chart, ClassLine, Report, ScoreLine, StageLine, class_lines, render, score_lines
from wsss.draw.panels import HeatPanel, ImagePanel, MaskPanel, MissingPanel, Panel
from wsss.draw.sheet import Sheet, SheetRow
from wsss.store.manifest import Machine

NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def empty_report() -> Report:
    return Report(
        title="toy", command="wsss run", created=datetime(2026, 1, 2, 3, 4, tzinfo=UTC), classes=("cat",), scores={}
    )


def test_scores_without_masks_stand_below_the_table():
    scores = {
        "predict_masks": {"val": {"miou": 0.5, "tag_f1": 0.75}},
        "choose_threshold": {"train": {"evidence": 0.0123}},
    }
    page = render(replace(empty_report(), scores=scores))
    assert "<li>predict_masks on val: F1 of tags 75.0 %</li>" in page
    assert "<li>choose_threshold on train: evidence 0.0123</li>" in page
    assert "<td>choose_threshold</td>" not in page
    assert "Without true masks" not in render(empty_report())


def row(image_id: str) -> SheetRow:
    labels = np.array([[0, 1], [255, 2]], dtype=np.uint8)
    scores = np.array([[0.0, 1.0]], dtype=np.float32)
    return SheetRow(
        id=image_id,
        image=np.zeros((2, 2, 3), dtype=np.uint8),
        classes=("cat", "<b>"),
        panels=(
            ImagePanel(title="image"),
            HeatPanel(title="CAM", scores=scores, by_class={"cat": scores, "<b>": scores}),
            MissingPanel(title="mask", words="made of train only"),
            MaskPanel(title="prediction", labels=labels, words="IoU 50.0"),
        ),
        iou=0.5,
    )


def full_report() -> Report:
    return Report(
        title="<script>alert(1)</script>",
        command="wsss run 'dataset.root=it\\'s & <here>'",
        created=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        classes=("cat", "<b>"),
        stages=(
            StageLine(
                stage="extract_cams", fingerprint="0123456789abcdef", seconds=192.0, size=14_200_000, state="made"
            ),
            StageLine(stage="predict_masks", fingerprint="f" * 64, seconds=None, size=None, state="cached"),
        ),
        scores={
            "train_classifier": {"val": {"map": 0.81}},
            "extract_cams": {
                "train": {
                    "miou": 0.36294,
                    "fp": 0.3,
                    "fn": 0.2,
                    "threshold": 0.3,
                    "oracle": True,
                    "iou": {"background": 0.7, "cat": 0.1, "<b>": None},
                }
            },
            "predict_masks": {
                "val": {"miou": float("nan"), "iou": {"background": float("nan"), "cat": 0.25, "dog": 1.0}}
            },
        },
        charts=(Chart(title="Threshold <curve>", svg=threshold_curve([0.1, 0.2], [0.3, 0.2]), note="train"),),
        sheets=(Sheet(title="Best", rows=(row('"a" <i>'), row("b"))), Sheet(title="Worst", rows=())),
        notes=("<u>masks</u> of val: none",),
        config="name: <script>\n",
    )


@pytest.mark.parametrize("make", [empty_report, full_report])
def test_it_is_one_html_file_that_needs_nothing_else(make: Callable[[], Report]):
    page = render(make())
    found = Reader(page)
    assert page.startswith("<!doctype html>")
    assert set(re.findall(r"https?://[^\s\"'<]*", page)) <= NAMESPACES
    assert not found.all("script")
    assert not found.all("link")
    assert all(str(image["src"]).startswith("data:image/") for image in found.all("img"))
    assert not re.search(r"url\((?!#|data:image/)|@import|@font-face", page)


def test_everything_from_a_user_is_escaped():
    page = render(full_report())
    assert not re.search(r"<script|<here|<u>|<curve|<i>|<b>", page)
    found = Reader(page)
    for words in ("<script>alert(1)</script>", "it\\'s & <here>", "<u>masks</u> of val", "name: <script>", '"a" <i>'):
        assert words in found.text


def test_a_chart_that_is_no_markup_is_escaped():
    chart = Chart(title="t", svg=Markup("<svg></svg>"))
    assert "<svg>" in render(replace(empty_report(), charts=(chart,)))
    object.__setattr__(chart, "svg", "<svg onload=x>")
    assert "<svg" not in render(replace(empty_report(), charts=(chart,)))


def test_absent_parts_say_so():
    text = Reader(render(empty_report())).text
    for words in (
        "No stage was scored.",
        "No curves were drawn.",
        "No examples were drawn.",
        "No class was scored.",
        "No stage is listed.",
        "No config was handed over.",
    ):
        assert words in text
    assert "No example belongs here." in Reader(render(full_report())).text


def test_scores_are_in_per_cent_and_an_oracle_is_called_one():
    page = render(full_report())
    text = Reader(page).text
    assert "extract_cams oracle (uses masks) train 36.3 – 30.0 20.0 0.3 predict_masks val – – – – –" in text
    assert "train_classifier val – 81.0 – – –" in text
    assert 'title="0.362940"' in page
    assert 'class="bar oracle" style="width: 36.3%"' in page
    assert "nan" not in re.sub(r"base64,[^\"]*", "", page)


def test_the_table_of_classes_has_a_row_for_every_name_that_was_scored():
    text = Reader(render(full_report())).text
    assert (
        "extract_cams train, oracle predict_masks val background 70.0 – cat 10.0 25.0 <b> – – dog – 100.0 mean" in text
    )


def test_stages_have_words_for_time_and_size_and_a_sum():
    text = Reader(render(full_report())).text
    assert "extract_cams 0123456789ab 3 min 12 s 14.2 MB made" in text
    assert "predict_masks ffffffffffff – – cached together 3 min 12 s 14.2 MB" in text
    assert "2026-01-02 03:04 UTC" in text


def test_stages_say_on_which_machine_they_ran_and_what_memory_they_took():
    here = Machine(device="cpu", cores=2, memory=8_000_000_000, peak=1_500_000_000, gpu_peak=None)
    there = replace_in(here, device="Some GPU", gpu_peak=3_000_000_000)
    lines = [
        replace(full_report().stages[0], stage=f"stage {i}", machine=each) for i, each in enumerate((here, there, None))
    ]
    text = Reader(render(replace(full_report(), stages=tuple(lines)))).text
    assert "On cpu, 2 cores a process, 8.0 GB of memory and on Some GPU, 2 cores" in text
    assert "14.2 MB 1.5 GB made" in text
    assert "14.2 MB 1.5 GB + 3.0 GB GPU made" in text
    assert "14.2 MB – made" in text


def replace_in(machine: Machine, **changes: object) -> Machine:
    return Machine.model_validate({**machine.model_dump(), **changes})


def test_examples_show_pictures_reasons_and_a_legend():
    page = render(full_report())
    found = Reader(page)
    pictures = [link["aria-label"] for link in found.all("a") if link.get("role") == "img"]
    assert set(pictures) >= {'image of "a" <i>', 'CAM of "a" <i>', "prediction of b", "cat: CAM of b", "<b>: CAM of b"}
    assert found.text.count("made of train only") == 2
    assert found.text.count("IoU 50.0") == 4
    # The first two colours of Okabe and Ito.
    assert {"background: #e69f00", "background: #56b4e9"} <= {str(each.get("style")) for each in found.all("span")}


def test_every_link_within_the_page_has_its_end_and_every_id_is_there_once():
    found = Reader(render(full_report()))
    ids = [str(attributes["id"]) for _, attributes in found.found if attributes.get("id")]
    assert len(ids) == len(set(ids))
    assert {str(link["href"]) for link in found.all("a")} <= {f"#{each}" for each in ids}


def test_a_picture_is_a_link_that_opens_itself_and_the_photograph_is_there_once():
    page = render(full_report())
    found = Reader(page)
    figures = [str(each["id"]) for each in found.all("figure") if each.get("id")]
    assert "example-1-2-4" in figures
    assert "example-1-2-class-1" in figures
    opened = [link["href"] for link in found.all("a") if link.get("role") == "img"]
    assert set(opened) < {f"#{each}" for each in figures}
    assert page.count("--photo: url(data:image/webp") == 2, "one for each example"


def test_the_table_of_images_leads_to_examples_and_has_its_orders():
    lines = (
        ImageLine(id="b", split="val", classes=("cat",), iou=0.9),
        ImageLine(id="<c>", split="train", classes=("cat", "<b>"), iou=0.25, agreement=0.5),
    )
    page = render(replace(full_report(), images=lines))
    text = Reader(page).text
    assert "all 2; names lead" in text
    assert "<c> train cat, <b> 25.0 50.0 b val cat 90.0 –" in text
    assert '<a href="#example-1-2-1">b</a>' in page
    assert 'style="--iou:0;--best:1;--agreement:0;--name:0;--classes:1;"' in page
    assert "tbody tr { order: var(--agreement); }" in page


def photograph():
    """Return noise with as much contrast in every octave, as photographs have."""
    random = np.random.default_rng(0)
    octaves = [
        random.normal(0, 18, (384 // cell, 512 // cell, 3)).repeat(cell, 0).repeat(cell, 1)
        for cell in (64, 32, 16, 8, 4)
    ]
    return (128 + sum(octaves)).clip(0, 255).astype(np.uint8)


def test_a_row_of_six_photographs_is_below_a_24th_of_3_megabytes():
    image = photograph()
    scores = np.random.default_rng(1).random((6, 8), dtype=np.float32)
    labels = (scores * 5).astype(np.uint8).repeat(64, 0).repeat(64, 1)
    panels: tuple[Panel, ...] = (ImagePanel(title="image"),)
    panels += tuple(HeatPanel(title=f"maps {k}", scores=scores) for k in range(2))
    panels += tuple(MaskPanel(title=f"mask {k}", labels=labels) for k in range(3))
    sheet = Sheet(title="Random", rows=(SheetRow(id="a", image=image, panels=panels),))
    assert len(render(replace(empty_report(), sheets=(sheet,)))) < 3_000_000 / 24


def test_score_lines_keep_the_order_and_make_none_of_nan():
    found = score_lines(
        {"b": {"val": {"miou": float("nan")}}, "a": {"train": {"iou": {"cat": float("nan"), "dog": 0.0}}}}
    )
    assert found == [
        ScoreLine(stage="b", split="val", metrics={"miou": None}),
        ScoreLine(stage="a", split="train", metrics={"iou": {"cat": None, "dog": 0.0}}),
    ]


def test_class_lines_are_in_the_order_of_the_labels():
    columns = [
        ScoreLine(stage="a", split="val", metrics={"iou": {"other": 0.1, "cat": 0.2}}),
        ScoreLine(stage="b", split="val", metrics={"iou": {"background": 0.3, "cat": None}}),
    ]
    assert class_lines(columns, names=("background", "cat", "dog")) == [
        ClassLine(name="background", iou=(None, 0.3)),
        ClassLine(name="cat", iou=(0.2, None)),
        ClassLine(name="other", iou=(0.1, None)),
    ]
