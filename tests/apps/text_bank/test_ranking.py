"""Templates by sharpness: by hand, with a text tower that knows where words point."""

from collections.abc import Sequence

import numpy as np
import pytest

from wsss.apps.text_bank.asked import AskedWords
from wsss.apps.text_bank.ranking import rank_templates, sharpness
from wsss.errors import DataError, ModelError

WORDS = AskedWords(classes={"cat": ("cat",), "dog": ("dog",), "cow": ("cow",)}, backgrounds=("sky",))
PLACES = {"cat": 0, "dog": 1, "cow": 2, "sky": 3}


class Tower:
    """Every word is an axis; sentences that begin with "big" lean towards the cow's."""

    tower = "a_tower"
    scale = 2.0

    def embed(self, sentences: Sequence[str]) -> np.ndarray:
        rows = []
        for sentence in sentences:
            row = np.zeros(4, dtype=np.float32)
            row[PLACES[sentence.split()[-1]]] = 1
            if sentence.startswith("big"):
                row[1] *= 0.3
                row[2] += 1
            rows.append(row)
        return np.stack(rows)


def unit(*row: float) -> np.ndarray:
    return (np.array(row) / np.linalg.norm(row)).astype(np.float32)


def test_sharpness_is_the_variance_over_the_mean_of_the_own_classes_shares():
    scores = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.9, 0.05, 0.05]])
    one = ((0.5 - 0.4) ** 2 + (0.3 - 0.4) ** 2) / 2 / 0.4
    mean = 1 / 3
    other = ((0.1 - mean) ** 2 * 2 + (0.8 - mean) ** 2) / 3 / mean
    assert sharpness(scores, [[0, 1], [0, 1, 2], [0]]) == pytest.approx((one + other) / 2)
    assert sharpness(scores, [[1, 0], [], []]) == pytest.approx(one)


def test_the_template_that_shares_images_out_evenly_comes_first():
    images = np.stack([unit(1, 1, 0, 1), unit(0, 1, 1, 1), unit(1, 0, 0, 0)])
    shown = [("cat", "dog", "dog"), ("cow", "dog", "a stranger"), ("cat",)]
    found = rank_templates(
        WORDS,
        Tower(),
        templates=("big {}", "small {}", "big {}"),
        images=images,
        shown=shown,
    )
    assert [each.template for each in found] == ["small {}", "big {}"]
    assert found[0].sharpness == pytest.approx(0, abs=1e-9)
    logits = 2 * images[:2] @ np.stack([unit(1, 0, 1, 0), unit(0, 0.3, 1, 0), unit(0, 0, 1, 0)]).T
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    pairs = [shares[0][[0, 1]], shares[1][[1, 2]]]
    assert found[1].sharpness == pytest.approx(np.mean([pair.var() / pair.mean() for pair in pairs]), rel=1e-5)


def test_two_clips_are_refused():
    with pytest.raises(
        ModelError, match="sentences are 4 numbers, and a_tower embeds images in 5: they are of two CLIPs"
    ):
        rank_templates(
            WORDS,
            Tower(),
            templates=("{}",),
            images=np.stack([unit(1, 0, 0, 0, 0)]),
            shown=[("cat", "dog")],
        )


def test_images_of_one_class_tell_nothing():
    with pytest.raises(DataError, match="no image shows two of the classes"):
        rank_templates(
            WORDS,
            Tower(),
            templates=("{}",),
            images=np.stack([unit(1, 0, 0, 0)]),
            shown=[("cat", "a stranger")],
        )
