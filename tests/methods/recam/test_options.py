import pytest

from wsss.methods.recam.options import ReCAMFit


@pytest.mark.parametrize("weight", [-0.1, float("inf"), float("nan")])
def test_a_weight_of_the_softmax_that_is_none_is_refused(weight: float):
    with pytest.raises(ValueError, match="sce_weight must not be negative"):
        ReCAMFit(sce_weight=weight)
