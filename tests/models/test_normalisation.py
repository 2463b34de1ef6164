import numpy as np
import pytest
import torch

from wsss.models.normalisation import IMAGENET, Normalisation


def test_values_by_hand():
    normalise = Normalisation(mean=(0.2, 0.4, 0.6), std=(0.1, 0.2, 0.4))
    images = np.array([[[51, 0, 153]], [[255, 102, 0]]], dtype=np.uint8)
    # 51, 102 and 153 are 0.2, 0.4 and 0.6 of 255: (0.2 - 0.2) / 0.1, (1 - 0.2) / 0.1; (0 - 0.4) / 0.2 ..
    expected = torch.tensor([[[0.0], [8.0]], [[-2.0], [0.0]], [[0.0], [-1.5]]])
    torch.testing.assert_close(normalise(images), expected, atol=1e-6, rtol=1e-6)


def test_the_image_stays_as_it_is_and_may_be_mirrored_or_read_only():
    images = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    images.flags.writeable = False
    mirrored = IMAGENET(images[:, ::-1])
    assert torch.equal(mirrored, IMAGENET(images).flip(2))
    assert mirrored.is_contiguous()
    assert mirrored.dtype == torch.float32
    assert np.array_equal(images.ravel(), np.arange(24))


@pytest.mark.parametrize("side", [1, 7, 64])
def test_a_batch_is_equal_to_the_bit_to_the_definition_in_single_precision(side: int):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (side, side + 3, 3), dtype=np.uint8) for _ in range(3)]
    mean, std = (np.array(each, dtype=np.float32) for each in (IMAGENET.mean, IMAGENET.std))
    expected = [(image.astype(np.float32) / np.float32(255) - mean) / std for image in images]
    batch = IMAGENET.of_images(images, device=torch.device("cpu"))
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert np.array_equal(batch.permute(0, 2, 3, 1).numpy(), np.stack(expected))
    assert all(torch.equal(IMAGENET(image), one) for image, one in zip(images, batch, strict=True))


def test_the_mean_colour_becomes_zero():
    grey = np.full((1, 1, 3), 127, dtype=np.uint8)
    third = 127 / 255
    assert Normalisation(mean=(third,) * 3, std=(1.0, 1.0, 1.0))(grey).abs().max() == pytest.approx(0, abs=1e-7)
