"""Configs of records name what may be imported."""

import sys
from pathlib import Path

import pytest

from wsss.config.recorded import check_targets, targets_in
from wsss.errors import StoreError

PATH = Path("run.yaml")


@pytest.mark.parametrize(
    "target", ["antigravity.X", "idlelib.idle.X", "os_evil.X", "wsssx.Y", "X", "", "scipy.datasets.X"]
)
def test_other_code_is_not_imported(target: str) -> None:
    with pytest.raises(StoreError, match=r"run\.yaml names .* which is not imported for a record: install its package"):
        check_targets({"a": [{"_target_": "wsss.x.Y"}, {"b": {"_target_": target}}]}, path=PATH)
    assert "antigravity" not in sys.modules


def test_classes_of_wsss_and_of_what_was_imported_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mine.masks", sys)
    check_targets([{"_target_": "wsss.masks.Argmax"}, {"_target_": "mine.masks.Mine"}], path=PATH)
    with pytest.raises(StoreError, match=r"mine\.other"):
        check_targets({"_target_": "mine.other.Mine"}, path=PATH)


def test_classes_are_found_at_any_depth() -> None:
    node: object = {"_target_": "a.B"}
    for _ in range(5000):
        node = [node, {"c": (1, None)}]
    assert list(targets_in(node)) == ["a.B"]
