"""Contrastive targets: what speaks for a class and against another, in the place of the class's logit."""

from jaxtyping import Float
from torch import Tensor

from wsss.cams.scores import classify
from wsss.errors import ModelError
from wsss.models.targets.reworded import Reworded
from wsss.protocols import CutClassifier, LinearHead
from wsss.types import Cut, Images


class Contrasted(Reworded):
    """A classifier whose logits are leads: each class's logit less that of one class, the rival.

    Gradients, ablations and scores of the lead show what tells the two classes apart; what speaks for both cancels out.
    The sigmoid of a lead is the probability of the class if it is one of the two.
    """

    def __init__(self, model: CutClassifier, rival: int) -> None:
        super().__init__(model)
        self._rival = rival

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Return the lead of every class. Raises `ModelError` for a rival that is not a class."""
        logits = self._model.after(block, cut)
        if not 0 <= self._rival < logits.shape[1]:
            raise ModelError(f"there is no class {self._rival}: there are {logits.shape[1]}")
        return logits - logits[:, self._rival, None]

    def classify(self, images: Images) -> Float[Tensor, "b c"]:
        """Return the leads."""
        return classify(self, images)


class LinearlyContrasted(Contrasted):
    """The same below a linear head: CAM of a lead is the difference of the two classes' CAMs."""

    def __init__(self, model: CutClassifier, rival: int) -> None:
        super().__init__(model, rival)
        assert isinstance(model, LinearHead), "`contrasted` chooses"
        self._linear: LinearHead = model

    @property
    def head_weight(self) -> Float[Tensor, "c d"]:
        """The class weights less the rival's."""
        weight = self._linear.head_weight
        return weight - weight[self._rival]


def contrasted(model: CutClassifier, rival: int) -> Contrasted:
    """Return a classifier of leads over `rival`, with a linear head where the classifier has one."""
    return (LinearlyContrasted if isinstance(model, LinearHead) else Contrasted)(model, rival)
