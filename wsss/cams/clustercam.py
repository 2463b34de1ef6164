"""Cluster-CAM (Feng et al., Neural Networks 2024): group channels that look alike, and see what each group scores."""

from dataclasses import dataclass
from typing import Final, Literal, assert_never

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from wsss.cams.base import CAMMethod, by_image, check_chunk, scaled_to_one
from wsss.cams.kmeans import cluster
from wsss.cams.scores import Score, classify, scores_of
from wsss.protocols import CutClassifier
from wsss.resample import resample
from wsss.types import Images, RawMaps, Targets

DECIMALS: Final = 5
"""To which channels, as directions, are equal: rounding of a network neither parts nor orders them."""
ALIKE: Final = 1e-5
"""Scores that differ by a smaller share are as good as each other: a deep network rounds as much."""


@dataclass(frozen=True, kw_only=True)
class ClusterCAM(CAMMethod):
    """minmax(S_base) - minmax(S_scissors), where S_g is the mean of the channels in group g, found by k-means.

    Reconstructed from the abstract and from other people's reading of the paper: how many groups there are, their
    masks and the weights 1 and -1 are not confirmed. The base is the group whose mask, shown to the network,
    lets the class score most, the scissors the one with which it scores least. There are no gradients, and an image
    costs a forward pass a group, for all its labels together. Scores are only compared, so none is taken of an empty
    image.
    """

    groups: int | Literal["elbow"] = 10
    """How many, or where the curve of what k-means leaves over bends, from 3 up to log2(channels) + 1."""
    merge: Literal["scissors", "base", "all"] = "scissors"
    """`base` cuts nothing out; `all` is the sum of all groups, weighted by the softmax of their scores (Group-CAM)."""
    score: Score = "logit"
    normalise: bool = True
    """Compare channels by where they are active; `false`: also by how much."""
    random_seed: int = 0
    """Where k-means starts."""
    chunk: int = 32
    """Masked images at a time. Memory grows with it, results do not change."""

    def __post_init__(self) -> None:
        check_chunk(self.chunk)
        if isinstance(self.groups, int) and self.groups < 1:
            raise ValueError(f"groups must be at least 1, or elbow; got {self.groups}")

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        # Small differences decide what is in a group and which group wins: half precision would make other maps.
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            cut = model.until(self.block, images)
            raw = cut.maps.new_zeros(len(targets), *cut.maps.shape[2:])
            for image, mine in by_image(targets):
                means = self._means(cut.maps[image[0]])
                if len(means):  # otherwise nothing in the image differs from place to place
                    scores = self._scores(model, images[image], means=means, stride=float(cut.stride))
                    raw[mine] = self._merged(means, scores[:, targets.cls[mine]].T)
        return raw

    def _means(self, maps: Float[Tensor, "d y x"]) -> Float[Tensor, "g y x"]:
        """Return the mean of every group of channels; dead channels and constant means are left out."""
        alive = maps[maps.abs().amax(dim=(1, 2)) > 0]
        if len(alive) == 0:
            return alive
        groups = self._grouped(alive.flatten(1))
        means = torch.stack([alive[groups == group].mean(dim=0) for group in sorted(set(groups.tolist()))])
        return means[scaled_to_one(means).amax(dim=(1, 2)) > 0]

    def _grouped(self, rows: Float[Tensor, "d z"]) -> Int64[Tensor, " d"]:
        """Return the group of every channel, on the channels' device."""
        scaled = functional.normalize(rows, dim=1) if self.normalise else rows / rows.norm(dim=1).max()
        # In the order of their values, and each once: k-means then neither sees how channels are numbered, nor parts
        # those that are equal.
        rounded = scaled.cpu().double().round(decimals=DECIMALS)
        points, own, counts = rounded.unique(dim=0, return_inverse=True, return_counts=True)
        groups = cluster(points.numpy(), counts=counts.numpy(), groups=self.groups, random_seed=self.random_seed)
        return torch.from_numpy(groups).long()[own].to(rows.device)

    def _scores(
        self, model: CutClassifier, image: Float[Tensor, "1 3 h w"], *, means: Float[Tensor, "g y x"], stride: float
    ) -> Float[Tensor, "g c"]:
        """Return what all classes score on the image masked with each group."""
        size = image.shape[2], image.shape[3]
        masks = scaled_to_one(resample(means, stride=(stride, stride), size=size))[:, None]
        logits = [classify(model, part * image) for part in torch.split(masks, self.chunk)]
        return scores_of(torch.cat(logits), score=self.score)

    def _merged(self, means: Float[Tensor, "g y x"], scores: Float[Tensor, "m g"]) -> Float[Tensor, "m y x"]:
        """Return a map a class, from the groups and what each class scores with them."""
        shapes, base, scissors = scaled_to_one(means), highest(scores), highest(-scores)
        match self.merge:
            case "scissors":
                # One group, or all alike: there is nothing to cut out.
                differ = (base != scissors)[:, None, None]
                return shapes[base] - shapes[scissors] * differ
            case "base":
                return shapes[base]
            case "all":
                return torch.einsum("mg,gyx->myx", scores.softmax(dim=1), means)
            case _:
                assert_never(self.merge)


def highest(scores: Float[Tensor, "m g"]) -> Int64[Tensor, " m"]:
    """Return the position of the highest score of each row; of those that are equal but for rounding, the first."""
    margin = ALIKE * scores.abs().amax(dim=1, keepdim=True)
    return (scores >= scores.amax(dim=1, keepdim=True) - margin).int().argmax(dim=1)
