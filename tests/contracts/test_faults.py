"""The list of planted faults fits the code: every text to be replaced is there once, and so are the tests."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LISTS = sorted((ROOT / "tests" / "faults").glob("*.yaml"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_every_fault_can_be_planted(path: Path) -> None:
    entries: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    wrong = []
    for entry in entries:
        assert entry.keys() == {"what", "file", "old", "new", "tests"}
        count = (ROOT / entry["file"]).read_text(encoding="utf-8").count(entry["old"])
        tests = [name for name in entry["tests"].split(" -k ")[0].split() if not (ROOT / name).exists()]
        if count != 1 or tests or entry["old"] == entry["new"]:
            wrong.append(f"{entry['what']}: {entry['file']} has its text {count} times; no tests {tests}")
    assert wrong == [], "bring the list up to date with the code, so that the fault stays one"
    names = [entry["what"] for entry in entries]
    assert len(names) == len(set(names))


def test_no_fault_is_planted_twice_for_the_same_tests() -> None:
    entries: list[dict[str, str]] = [e for path in LISTS for e in yaml.safe_load(path.read_text(encoding="utf-8"))]
    planted = Counter((e["file"], e["old"].strip(), e["new"].strip(), e["tests"]) for e in entries)
    assert [fault for fault, times in planted.items() if times > 1] == []
