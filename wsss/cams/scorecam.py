"""Score-CAM (Wang et al., CVPR Workshops 2020): weight a channel by how the class scores where it is active."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import WeightedCAM, by_image, check_chunk, scaled_to_one
from wsss.cams.scores import Score, classify, scores_of
from wsss.protocols import CutClassifier
from wsss.resample import resample
from wsss.types import Cut, Images, Targets


@dataclass(frozen=True, kw_only=True)
class ScoreCAM(WeightedCAM):
    """sum_k w_k A_k, where w_k comes from what the class scores on the image masked with A_k (Algorithm 1).

    Masks are upsampled, then brought to [0, 1]. Scores are those above the empty image's, which shows the mean colour.
    One set of masked images serves all labels of an image, so its cost is a forward pass a channel.
    """

    differentiates: ClassVar[bool] = False

    score: Score = "logit"
    weights: Literal["softmax", "scores"] = "softmax"
    """`softmax` over the channels as in the paper, or the scores themselves as in its authors' code (a probability)."""
    chunk: int = 32
    """Masked images at a time. Memory grows with it, results do not change."""

    def __post_init__(self) -> None:
        check_chunk(self.chunk)

    def long_passes(self, model: CutClassifier, images: Images) -> int:
        """See `CAMMethod`: one for each channel."""
        with torch.no_grad():
            return model.until(self.block, images[:1]).maps.shape[1]

    def channel_weights(
        self, model: CutClassifier, images: Images, targets: Targets
    ) -> tuple[Float[Tensor, "n d y x"], Float[Tensor, "n d"]]:
        """See `WeightedCAM`."""
        with torch.no_grad():
            cut = model.until(self.block, images)
            maps = cut.maps.float()
            scores = maps.new_zeros(len(targets), maps.shape[1])
            for image, mine in by_image(targets):
                rise = self._rise(model, images[image], cut=cut.take(image))
                scores[mine] = rise[:, targets.cls[mine]].T
        weights = scores.softmax(dim=1) if self.weights == "softmax" else scores
        return maps[targets.image], weights

    def _rise(self, model: CutClassifier, image: Float[Tensor, "1 3 h w"], *, cut: Cut) -> Float[Tensor, "d c"]:
        """Return by how much one image scores more than the empty one where each channel is active."""
        (maps,), stride = cut.maps.float(), (float(cut.stride), float(cut.stride))
        nothing = scores_of(classify(model, torch.zeros_like(image)), score=self.score)
        rise = nothing.new_zeros(len(maps), nothing.shape[1])
        # A constant channel masks everything: its rise is 0.
        active = (maps.amax(dim=(1, 2)) > maps.amin(dim=(1, 2))).nonzero()[:, 0]
        for channels in torch.split(active, self.chunk):
            masks = scaled_to_one(resample(maps[channels], stride=stride, size=(image.shape[2], image.shape[3])))
            rise[channels] = scores_of(classify(model, masks[:, None] * image), score=self.score) - nothing
        return rise
