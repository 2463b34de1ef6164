"""Types of records take what is written and nothing else."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from wsss.errors import NewerError, StoreError
from wsss.store.schema import Fingerprint, StageName, Strict, Versioned, refuse_newer


class Example(Strict):
    stage: StageName = "make_masks"
    fingerprint: Fingerprint = "0" * 16
    count: int = 0
    share: float = 0.0


@pytest.mark.parametrize(
    "values",
    [
        {"stage": "a/b"},
        {"stage": ".hidden"},
        {"stage": ".."},
        {"stage": ""},
        {"stage": "s" * 201},
        {"fingerprint": "0" * 15},
        {"fingerprint": "../../etc/passwd"},
        {"fingerprint": "0" * 16 + "\n"},
        {"count": "1"},
        {"count": True},
        {"share": float("nan")},
        {"more": 1},
    ],
    ids=str,
)
def test_another_value_is_refused(values: dict[str, Any]):
    with pytest.raises(ValidationError):
        Example(**values)


def test_what_is_written_is_taken():
    assert Example(stage="train classifier", share=1).share == 1.0


def test_a_known_version_is_not_refused(tmp_path: Path):
    refuse_newer(lambda of: of(format=3), path=tmp_path, known=3, another="`out`")
    with pytest.raises(NewerError, match="was written by a newer wsss: update wsss, or use another `out`"):
        refuse_newer(lambda of: of(format=4), path=tmp_path, known=3, another="`out`")


def test_a_record_without_a_version_is_left_to_its_reader(tmp_path: Path):
    def torn(_: type[Versioned]) -> Versioned:
        raise StoreError("torn")

    refuse_newer(torn, path=tmp_path, known=3, another="`out`")
