"""confident_labels: two ways to refine, and what both of them say."""

from dataclasses import replace
from pathlib import Path

import pytest
from builders import score_maps
from toy_runs import drawn_index, drawn_maps, job

from wsss.errors import ConfigError
from wsss.refine import AutoBackground, ConstantBackground, PowerBackground, Refiner
from wsss.stages.confident_labels import ConfidentLabels
from wsss.store.files import read_mask_item
from wsss.store.store import Store

STAGE = ConfidentLabels(
    foreground={"background": ConstantBackground(threshold=0.5)},
    background={"background": ConstantBackground(threshold=0.1)},
    reads={"index": "index_data", "maps": "extract_cams"},
)


def test_labels_by_hand(tmp_path: Path):
    store = Store(root=tmp_path)
    maps = drawn_maps(store, "extract_cams", {"a": score_maps([1, 2], [[[0.6, 0.2, 0.0]], [[0.7, 0.3, 0.05]]])})
    work = job(store, "confident_labels", index=drawn_index(store, {"a": [[2, 2, 1]]}), maps=maps)
    assert STAGE.run(work) == {"images": 1, "made": 1, "splits": ["train"]}
    assert read_mask_item(work.artifact.items / "a.png").tolist() == [[2, 255, 0]]


def test_an_empty_list_is_refused_by_its_name():
    STAGE.check()
    with pytest.raises(ConfigError, match=r"^foreground: no refiner adds a background"):
        replace(STAGE, foreground={}).check()
    with pytest.raises(ConfigError, match=r"^background: no refiner adds a background"):
        replace(STAGE, background={}).check()


@pytest.mark.parametrize(
    ("much", "little"),
    [
        (ConstantBackground(threshold=0.3), ConstantBackground(threshold=0.05)),
        (PowerBackground(exponent=4.0), PowerBackground(exponent=32.0)),
        (AutoBackground(take="high"), AutoBackground(take="low")),
        (AutoBackground(take="high"), AutoBackground(take="best")),
        (AutoBackground(take="best"), AutoBackground(take="low")),
    ],
    ids=repr,
)
def test_a_foreground_with_less_background_than_the_background_is_refused(much: Refiner, little: Refiner):
    replace(STAGE, foreground={"rule": much}, background={"rule": little}).check()
    replace(STAGE, foreground={"rule": much}, background={"rule": much}).check()
    with pytest.raises(ConfigError, match=r"^foreground.rule: it draws less background than background.rule does"):
        replace(STAGE, foreground={"rule": little}, background={"rule": much}).check()
