"""ToCo's losses beside loops over pairs and crops."""

import math

import pytest
import torch

from wsss.methods.toco.losses import crop_contrast, patch_contrast


def by_pairs(features: torch.Tensor, labels: torch.Tensor) -> float:
    """One pair after the other."""
    alike, unlike = [], []
    for maps, own in zip(features.flatten(2), labels.flatten(1), strict=True):
        for i in range(len(own)):
            for j in range(len(own)):
                if i == j or 255 in (own[i], own[j]):
                    continue
                a, b = maps[:, i].double(), maps[:, j].double()
                cosine = abs(float(a @ b / (a.norm() * b.norm())))
                (alike if own[i] == own[j] else unlike).append(cosine)
    return 0.5 * (1 - sum(alike) / max(1, len(alike))) + 0.5 * sum(unlike) / max(1, len(unlike))


def test_pairs_of_patches_one_by_one():
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(2, 5, 3, 2, generator=generator)
    labels = torch.tensor([[[0, 0], [1, 255], [1, 2]], [[255, 255], [3, 3], [0, 255]]])
    assert float(patch_contrast(features, labels)) == pytest.approx(by_pairs(features, labels), abs=1e-6)


def test_patches_that_are_told_apart_cost_nothing_and_those_that_are_all_alike_a_half():
    labels = torch.tensor([[[0, 0, 1, 1]]])
    apart = torch.tensor([[[[1.0, 2, 0, 0]], [[0.0, 0, 3, -1]]]])
    assert float(patch_contrast(apart, labels)) == pytest.approx(0, abs=1e-6)
    assert float(patch_contrast(torch.ones(1, 2, 1, 4), labels)) == pytest.approx(0.5)
    assert float(patch_contrast(apart, torch.full_like(labels, 255))) == 0.5


def test_a_gradient_pushes_patches_of_two_labels_apart():
    features = torch.tensor([[[[1.0, 1.0]], [[0.0, 0.5]]]], requires_grad=True)
    patch_contrast(features, torch.tensor([[[0, 1]]])).backward()
    assert features.grad is not None
    moved = features.detach() - 0.1 * features.grad
    assert patch_contrast(moved, torch.tensor([[[0, 1]]])) < patch_contrast(features.detach(), torch.tensor([[[0, 1]]]))


def test_crops_one_by_one():
    generator = torch.Generator().manual_seed(1)
    views, crops = torch.randn(2, 2, 6, generator=generator), torch.randn(2, 4, 6, generator=generator)
    positive = torch.tensor([[True, True, False, True], [True, False, False, False]])
    images = []
    for image in range(2):
        terms = []
        for view in views[image].double():
            products = [math.exp(float(view @ crop) / 0.5) for crop in crops[image].double()]
            others = sum(product for product, own in zip(products, positive[image], strict=True) if not own)
            own = [product for product, own in zip(products, positive[image], strict=True) if own]
            terms += [-math.log(product / (product + others)) for product in own]
        images.append(sum(terms) / len(terms))
    found = crop_contrast(views, crops, positive=positive, temperature=0.5)
    assert float(found) == pytest.approx(sum(images) / 2, abs=1e-5)


def test_without_crops_of_the_background_there_is_nothing_to_tell_apart():
    views = torch.randn(1, 2, 3, requires_grad=True)
    found = crop_contrast(views, torch.randn(1, 3, 3), positive=torch.ones(1, 3, dtype=torch.bool), temperature=0.5)
    assert found.item() == 0
    found.backward()
    assert views.grad is not None
    assert views.grad.isfinite().all()
