"""The losses of pairs by hand and against a loop, and pairs with a cell of 255 that have no say."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from wsss.methods.affinity.module import AffinityModule, labels_of_cells, pair_losses
from wsss.methods.affinity.networks import AffinityNet, EdgeNet
from wsss.methods.affinity.options import AffinityFit
from wsss.methods.affinity.pairs import offsets
from wsss.testing.families import small_family_network
from wsss.training import module as keyed


def test_cells_have_the_label_at_their_middle():
    labels = torch.arange(6 * 9).reshape(1, 6, 9) % 50
    # Rows 2 and 6, which is beyond the last; columns 2, 6 and 10.
    assert labels_of_cells(labels, stride=4).tolist() == [[[20, 24, 26], [47, 1, 3]]]
    assert labels_of_cells(labels[:, :1, :1], stride=8).tolist() == [[[0]]]


def test_losses_by_hand():
    # One row of five cells; with a radius of 2 only (0, 1) has pairs: 0-0, 0-3, 3-3 and 3-255.
    labels = torch.tensor([[[0, 0, 3, 3, 255]]])
    affinities = torch.zeros(4, 1, 1, 5)
    affinities[0, 0, 0] = torch.tensor([0.5, 0.25, 0.8, 0.9, 0.7])
    assert offsets(2)[0] == (0, 1)
    losses = pair_losses(affinities, labels, radius=2)
    assert losses.tolist() == pytest.approx([-math.log(0.5), -math.log(0.8), -math.log(0.75)], abs=1e-4)


def looped(affinities: Tensor, labels: Tensor, *, radius: int) -> list[float]:
    groups: list[list[float]] = [[], [], []]
    _, height, width = labels.shape
    for k, (down, right) in enumerate(offsets(radius)):
        for b, y, x in torch.cartesian_prod(*map(torch.arange, labels.shape)).tolist():
            if not (0 <= y + down < height and 0 <= x + right < width):
                continue
            one, other = labels[b, y, x].item(), labels[b, y + down, x + right].item()
            if 255 in (one, other):
                continue
            affinity = affinities[k, b, y, x].item()
            if one != other:
                groups[2].append(-math.log(1 + 1e-5 - affinity))
            else:
                groups[int(one != 0)].append(-math.log(affinity + 1e-5))
    return [sum(group) / len(group) for group in groups]


def random_pairs() -> tuple[Tensor, Tensor]:
    labels = torch.tensor([0, 0, 1, 2, 255])[torch.randint(0, 5, (2, 5, 6))]
    return torch.rand(len(offsets(3)), 2, 5, 6), labels


def test_losses_against_a_loop():
    affinities, labels = random_pairs()
    assert pair_losses(affinities, labels, radius=3).tolist() == pytest.approx(
        looped(affinities, labels, radius=3), rel=1e-4
    )


def test_255_has_no_say():
    affinities, labels = random_pairs()
    affinities.requires_grad_()
    pair_losses(affinities, labels, radius=3).sum().backward()
    assert affinities.grad is not None
    assert not affinities.grad[:, labels == 255].any()
    assert affinities.grad[:, labels != 255].any()


def test_nothing_but_255_gives_zero_with_finite_gradients():
    affinities, labels = random_pairs()
    affinities = affinities.mul(0).requires_grad_()
    losses = pair_losses(affinities, torch.full_like(labels, 255), radius=3)
    assert losses.tolist() == [0, 0, 0]
    losses.sum().backward()
    assert affinities.grad is not None
    assert affinities.grad.abs().max() == 0


def test_certain_affinities_have_finite_losses():
    labels = torch.tensor([[[0, 0, 3]]])
    for value in (0.0, 1.0):
        assert pair_losses(torch.full((4, 1, 1, 3), value), labels, radius=2).isfinite().all()


def test_how_a_batch_is_split_among_devices_does_not_matter(monkeypatch: pytest.MonkeyPatch):
    affinities, labels = random_pairs()
    labels[0, :3] = 255  # so that the two ranks have different counts
    whole = pair_losses(affinities, labels, radius=3)
    counts: list[Tensor] = []

    def all_reduce(count: Tensor) -> None:
        counts.append(count.clone())
        count += others

    ranks = SimpleNamespace(is_initialized=lambda: True, get_world_size=lambda: 2, all_reduce=all_reduce)
    others = torch.zeros(3, dtype=torch.int64)
    monkeypatch.setattr(keyed, "distributed", ranks)
    for rank in (0, 1):
        pair_losses(affinities[:, rank : rank + 1], labels[rank : rank + 1], radius=3)
    own = counts[:2]
    losses = []
    for rank in (0, 1):
        others = own[1 - rank]
        losses.append(pair_losses(affinities[:, rank : rank + 1], labels[rank : rank + 1], radius=3))
    # DDP averages gradients, so losses are averaged as well.
    torch.testing.assert_close(torch.stack(losses).mean(dim=0), whole)


@pytest.mark.parametrize("kind", [AffinityNet, EdgeNet])
def test_a_step_logs_the_parts_and_their_weighted_sum(kind: Any, monkeypatch: pytest.MonkeyPatch):
    network = kind(small_family_network("resnet"))
    module = AffinityModule(network=network, fit=AffinityFit(radius=3), random_seed=0)
    logged: dict[str, float] = {}
    monkeypatch.setattr(module, "log", lambda name, value, **_: logged.update({name: float(value)}))
    images, labels = torch.randn(2, 3, 64, 64), torch.randint(0, 3, (2, 64, 64))
    with torch.no_grad():
        loss = module.training_step((images, labels), 0)
        cells = labels_of_cells(labels, stride=network.stride)
        background, foreground, different = pair_losses(network.affinities(images, radius=3), cells, radius=3).tolist()
    assert loss.item() == pytest.approx(background / 4 + foreground / 4 + different / 2, rel=1e-4)
    assert logged == {
        "train/background": pytest.approx(background, rel=1e-4),
        "train/foreground": pytest.approx(foreground, rel=1e-4),
        "train/different": pytest.approx(different, rel=1e-4),
        "train/loss": pytest.approx(loss.item()),
    }


@pytest.mark.parametrize("batch_norm", ["frozen", "learning"])
def test_statistics_are_kept_or_learn(batch_norm: Any):
    network = EdgeNet(small_family_network("resnet"))
    module = AffinityModule(network=network, fit=AffinityFit(batch_norm=batch_norm), random_seed=0).train()
    norms = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]
    assert norms
    assert {norm.training for norm in norms} == {batch_norm == "learning"}
    module.eval()
