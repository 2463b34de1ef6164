"""Scores of a class, for the methods that compare them: its logit, or a probability."""

from typing import Literal, assert_never

from jaxtyping import Float
from torch import Tensor

from wsss.protocols import CutClassifier
from wsss.types import Images

Score = Literal["logit", "sigmoid", "softmax"]
"""`sigmoid` judges each class by itself; with `softmax` classes compete, as several labels of one image do not."""


def scores_of(logits: Float[Tensor, "b c"], *, score: Score) -> Float[Tensor, "b c"]:
    """Return the scores of all classes in single precision."""
    logits = logits.float()
    match score:
        case "logit":
            return logits
        case "sigmoid":
            return logits.sigmoid()
        case "softmax":
            return logits.softmax(dim=1)
        case _:
            assert_never(score)


def classify(model: CutClassifier, images: Images) -> Float[Tensor, "b c"]:
    """Return the logits of the whole network."""
    last = model.blocks[-1]
    return model.after(last, model.until(last, images))
