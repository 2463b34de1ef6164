import pytest

from wsss.methods.representatives.options import OwnRepresentativesFit


@pytest.mark.parametrize(("images", "batch_size"), [(8, 16), (17, 16)])
def test_images_of_a_pair_are_even_and_fill_a_batch(images: int, batch_size: int):
    with pytest.raises(ValueError, match="images must be even, and at least one batch"):
        OwnRepresentativesFit(images=images, batch_size=batch_size)
