"""Options of WeCLIP's training: what is refused."""

from typing import Any

import pytest

from wsss.methods.weclip.options import WeCLIPFit


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"affinity_weight": -1.0}, "affinity_weight must not be negative"),
        ({"affinity_weight": float("inf")}, "affinity_weight must not be negative"),
        ({"radius": 0}, "radius must be at least 1"),
        ({"refined_from": 1.5}, r"refined_from must lie in \[0, 1\]"),
        ({"dice_weight": -0.5}, "dice_weight must not be negative"),
        ({"exchange_weight": float("nan")}, "exchange_weight must not be negative"),
        ({"own_labels_from": -0.1}, r"own_labels_from must lie in \[0, 1\]"),
        ({"own_labels_above": 75}, r"own_labels_above must lie in \[0, 1\]"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], said: str):
    with pytest.raises(ValueError, match=said):
        WeCLIPFit(**changes)
