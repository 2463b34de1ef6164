"""Types of records take what is written and nothing else."""

from typing import Any

import pytest
from pydantic import ValidationError

from wsss.store.schema import Fingerprint, StageName, Strict


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
