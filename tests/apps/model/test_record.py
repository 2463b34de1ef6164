import pytest
from pydantic import ValidationError

from wsss.apps.model.record import ModelRecord

WHOLE = {
    "format": 1,
    "wsss": "0.1.0",
    "classes": ("ape",),
    "white": 65535,
    "long_side": None,
    "predict": None,
    "explain": None,
    "answering": None,
    "files": {},
}


def test_a_record_is_read_strictly():
    assert ModelRecord.model_validate(WHOLE).classes == ("ape",)
    for wrong in ({"format": 2}, {"classes": (1,)}, {"files": {"../a": {"sha256": "0" * 64, "bytes": 1}}}, {"a": 1}):
        with pytest.raises(ValidationError):
            ModelRecord.model_validate(WHOLE | wrong)
