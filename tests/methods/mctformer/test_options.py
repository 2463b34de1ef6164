"""Options of MCTformer+'s training: what is refused."""

import pytest

from wsss.methods.mctformer.options import MCTformerFit


@pytest.mark.parametrize("contrast", [-1.0, float("nan"), float("inf")])
def test_a_contrast_that_cannot_be_is_refused(contrast: float):
    with pytest.raises(ValueError, match="contrast must not be negative"):
        MCTformerFit(contrast=contrast)
