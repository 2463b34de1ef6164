"""Options of ToCo's training: what is refused."""

from typing import Any

import pytest

from wsss.methods.toco.options import ToCoFit


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scales": ()}, "scales must be positive, one or more"),
        ({"scales": (1.0, 0.0)}, "scales must be positive"),
        ({"low": 0.7}, "low and high must rise"),
        ({"high": 1.5}, "low and high must rise"),
        ({"patches": -1.0}, "patches must not be negative"),
        ({"crops": float("nan")}, "crops must not be negative"),
        ({"crop_count": 0}, "crop_count must be at least 1"),
        ({"crop_side": 0}, "crop_side must be at least 1"),
        ({"view_side": 0}, "view_side must be at least 1"),
        ({"temperature": 0.0}, "temperature must be positive"),
        ({"slowness": 1.1}, r"slowness must lie in \[0, 1\]"),
    ],
)
def test_options_that_cannot_be_are_refused(changes: dict[str, Any], said: str):
    with pytest.raises(ValueError, match=said):
        ToCoFit(**changes)
