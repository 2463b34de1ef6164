"""Softmax Grad-CAM of CLIP-ES (Lin et al., CVPR 2023): Grad-CAM where an image's classes compete with backgrounds."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool
from torch import Tensor

from wsss.cams.base import FromCut, weighted_sum
from wsss.cams.suited import suited
from wsss.errors import ModelError
from wsss.protocols import CutClassifier, Prompted
from wsss.types import Cut, RawMaps, Targets


@final
@dataclass(frozen=True, kw_only=True)
class SoftmaxGradCAM(FromCut):
    """sum_k mean_ij(ds_c/dA_k) A_k, s the softmax over the image's own classes and the background prompts.

    Grad-CAM of the logit lets classes take what belongs to others: with the softmax a class that explains a place worse
    loses it. Without prompts an image of one class has an empty map, since its share is always 1.
    """

    def from_cut(self, model: CutClassifier, cut: Cut, targets: Targets) -> RawMaps:
        """See `FromCut`. The rest of the network runs once for all classes of an image, and back once for each."""
        weights = cut.maps.new_zeros(len(targets), cut.maps.shape[1], dtype=torch.float32)
        images = torch.tensor(sorted(set(targets.image.tolist())), dtype=torch.int64, device=cut.maps.device)
        if not len(images):
            return weighted_sum(cut.maps[targets.image].float(), weights)
        place = {image: row for row, image in enumerate(images.tolist())}
        rows = torch.tensor([place[image] for image in targets.image.tolist()], device=images.device)
        with torch.enable_grad():
            part = cut.take(images)
            maps = part.maps.detach().requires_grad_()
            logits = model.after(self.block, part.with_maps(maps)).float()
            shares = logits.masked_fill(~competing(model, targets, rows=rows, shape=logits.shape), -torch.inf)
            scores = shares.softmax(dim=1)
            for positions in targets.rounds():
                score = scores[rows[positions], targets.cls[positions]].sum()
                (gradient,) = torch.autograd.grad(score, maps, retain_graph=True)
                weights[positions] = gradient[rows[positions]].float().mean(dim=(2, 3))
        return weighted_sum(cut.maps[targets.image].float(), weights)

    def check(self, model: CutClassifier) -> None:
        """Refuse a network without background prompts."""
        super().check(model)
        if not isinstance(model, Prompted) or not model.prompts:
            raise ModelError(
                "softmax Grad-CAM lets classes compete with background prompts, which this network has none of: use "
                f"stages=prompted with a bank that has some, or {suited(model, otherwise='gradcam')}"
            )


def competing(model: CutClassifier, targets: Targets, *, rows: Tensor, shape: torch.Size) -> Bool[Tensor, "r columns"]:
    """Return which logits of each image are in its softmax: those of its own classes and of background prompts."""
    assert isinstance(model, Prompted), "check() comes first"
    own = torch.zeros(shape, dtype=torch.bool, device=rows.device)
    own[rows, targets.cls] = True
    own[:, shape[1] - model.prompts :] = True
    return own
