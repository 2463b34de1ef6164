"""The segmentation network's training: its losses by hand, and pixels of 255 that have no say."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from builders import named
from networks import small_unet
from PIL import Image
from torch import Tensor, nn

from wsss.masks import on_grid_of
from wsss.metrics.confusion import SegmentationScores, confusion
from wsss.models.segmenters.segmenter import SegmenterOptions
from wsss.training import module as keyed
from wsss.training.options import SegmenterFit
from wsss.training.segmenter import SegmenterModule, confusion_of, segmentation_loss

KINDS: tuple[Any, ...] = ("cross_entropy", "balanced")

# One row of five pixels; softmax of (ln 3, 0) is (3/4, 1/4).
LOGITS = torch.tensor([math.log(3), 0.0])[None, :, None, None].expand(1, 2, 1, 5)
LABELS = torch.tensor([[[0, 0, 0, 1, 255]]])
RIGHT, WRONG = -math.log(3 / 4), -math.log(1 / 4)


def test_cross_entropy_by_hand():
    loss = segmentation_loss(LOGITS, LABELS, kind="cross_entropy")
    assert loss.item() == pytest.approx((3 * RIGHT + WRONG) / 4)


def test_balanced_by_hand():
    loss = segmentation_loss(LOGITS, LABELS, kind="balanced")
    assert loss.item() == pytest.approx((RIGHT + WRONG) / 2)


def test_the_other_labels_share_what_is_smoothed():
    logits, labels = torch.randn(1, 4, 1, 2), torch.tensor([[[0, 2]]])
    logs = logits.log_softmax(dim=1)[0, :, 0]
    targets = torch.full((4, 2), 0.4 / 3)
    targets[0, 0] = targets[2, 1] = 0.6
    background, foreground = -(targets * logs).sum(dim=0)
    loss = segmentation_loss(logits, labels, kind="balanced", smoothing=0.4)
    assert loss.item() == pytest.approx(((background + foreground) / 2).item(), rel=1e-5)


def test_balanced_without_foreground_is_half_the_background():
    loss = segmentation_loss(LOGITS, torch.zeros_like(LABELS), kind="balanced")
    assert loss.item() == pytest.approx(RIGHT / 2)


@pytest.mark.parametrize("kind", KINDS)
def test_255_has_no_say(kind: Any):
    logits = torch.randn(2, 3, 4, 4)
    labels = torch.randint(0, 3, (2, 4, 4))
    labels[:, 1:3] = 255
    others = logits.clone()
    others[:, :, 1:3] = torch.randn(2, 3, 2, 4) * 100
    first, second = logits.requires_grad_(), others.requires_grad_()
    losses = [segmentation_loss(each, labels, kind=kind) for each in (first, second)]
    assert losses[0].item() == losses[1].item()
    losses[1].backward()
    assert second.grad is not None
    assert not second.grad[:, :, 1:3].any()
    assert second.grad[:, :, 0].any()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_255_gives_zero_with_finite_gradients(kind: Any):
    weights = torch.randn(3, requires_grad=True)
    loss = segmentation_loss(weights[None, :, None, None].expand(2, 3, 4, 4), torch.full((2, 4, 4), 255), kind=kind)
    assert loss.item() == 0
    loss.backward()
    assert weights.grad is not None
    assert weights.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_how_a_batch_is_split_among_devices_does_not_matter(kind: Any, monkeypatch: pytest.MonkeyPatch):
    logits, labels = torch.randn(2, 3, 4, 4), torch.randint(0, 3, (2, 4, 4))
    labels[0, :3] = 255  # so that the two ranks have different counts
    whole = segmentation_loss(logits, labels, kind=kind)
    counts: dict[int, list[Tensor]] = {0: [], 1: []}
    others: dict[int, list[Tensor]] = {0: [], 1: []}

    def losses(rank: int) -> Tensor:
        seen = iter(others[rank])

        def all_reduce(count: Tensor) -> None:
            counts[rank].append(count.clone())
            count += next(seen, torch.tensor(0))

        ranks = SimpleNamespace(is_initialized=lambda: True, get_world_size=lambda: 2, all_reduce=all_reduce)
        monkeypatch.setattr(keyed, "distributed", ranks)
        return segmentation_loss(logits[rank : rank + 1], labels[rank : rank + 1], kind=kind)

    for rank in (0, 1):
        losses(rank)
    others = {0: counts[1], 1: counts[0]}
    # DDP averages gradients, so losses are averaged as well.
    assert torch.stack([losses(rank) for rank in (0, 1)]).mean().item() == pytest.approx(whole.item(), rel=1e-5)


@pytest.fixture(scope="module")
def module() -> SegmenterModule:
    return SegmenterModule(network=small_unet(), fit=SegmenterFit(loss="balanced"), random_seed=0, labels=3)


@pytest.mark.parametrize("batch_norm", ["frozen", "learning"])
def test_the_encoders_statistics_are_kept_or_learn_and_the_decoder_learns_its_own(
    module: SegmenterModule, batch_norm: Any
):
    module = SegmenterModule(network=module.network, fit=SegmenterFit(batch_norm=batch_norm), random_seed=0, labels=3)
    module.train()
    encoder = {id(part) for part in module.network.encoder.modules()}
    norms = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]
    assert {norm.training for norm in norms if id(norm) in encoder} == {batch_norm == "learning"}
    assert {norm.training for norm in norms if id(norm) not in encoder} == {True}


def test_a_step_logs_the_loss_that_was_asked_for(module: SegmenterModule, monkeypatch: pytest.MonkeyPatch):
    logged: dict[str, float] = {}
    monkeypatch.setattr(module, "log", lambda name, value, **_: logged.update({name: float(value)}))
    module.eval()
    images, labels = torch.randn(2, 3, 32, 32), torch.randint(0, 3, (2, 32, 32))
    labels[0] = 255
    loss = module.training_step((images, labels), 0)
    assert logged == {"train/loss": pytest.approx(loss.item())}
    logits = module.network(images)
    assert loss.item() == pytest.approx(segmentation_loss(logits, labels, kind="balanced").item(), rel=1e-4)
    assert loss.item() != pytest.approx(segmentation_loss(logits, labels, kind="cross_entropy").item(), rel=1e-4)


def test_labels_come_to_a_coarser_grid_by_the_pixel_at_a_cell_s_centre():
    row = torch.tensor([0, 1, 2, 3, 255, 5, 6])
    logits = torch.zeros(1, 2, 1, 3)
    # Centres of three cells on seven pixels: 7/6, 7/2 and 35/6.
    assert on_grid_of(logits, row.expand(1, 2, 7)).tolist() == [[[1, 3, 5]]]
    labels = torch.randint(0, 200, (2, 321, 321))
    pillow = Image.fromarray(labels[0].numpy().astype(np.uint8)).resize((41, 41), Image.Resampling.NEAREST)
    assert (on_grid_of(torch.zeros(2, 2, 41, 41), labels)[0].numpy() == np.asarray(pillow)).all()


def test_every_answer_of_a_pyramid_has_its_loss(monkeypatch: pytest.MonkeyPatch):
    options = SegmenterOptions(architecture="DeepLabV2", encoder="tu-resnet26", encoder_weights="none", output_stride=8)
    network = options.build(named(2))
    module = SegmenterModule(network=network, fit=SegmenterFit(), random_seed=0, labels=3).eval()
    monkeypatch.setattr(module, "log", lambda *_, **__: None)
    images, labels = torch.randn(2, 3, 41, 41), torch.randint(0, 3, (2, 41, 41))
    loss = module.training_step((images, labels), 0)
    answers = network.learnt(images)
    expected = [nn.functional.cross_entropy(each, on_grid_of(each, labels)) for each in answers]
    assert len(expected) == 4
    assert loss.item() == pytest.approx(sum(expected).item(), rel=1e-4)  # type: ignore[union-attr]
    loss.backward()
    assert all(conv.weight.grad is not None for conv in network.network.head)


def test_pixels_are_counted_by_truth_and_prediction_as_scores_count_them():
    logits, labels = torch.randn(2, 3, 5, 4), torch.randint(0, 3, (2, 5, 4))
    labels[0, :2] = 255
    by_hand = confusion(labels.numpy(), logits.argmax(dim=1).numpy(), labels=3)
    assert (confusion_of(logits, labels).numpy() == by_hand).all()


def test_the_last_epoch_alone_counts_and_a_checkpoint_holds_it(
    module: SegmenterModule, monkeypatch: pytest.MonkeyPatch
):
    logged: dict[str, float] = {}
    monkeypatch.setattr(module, "log", lambda name, value, **_: logged.update({name: float(value)}))
    monkeypatch.setattr("wsss.training.module.logged", lambda _: {})
    module._trainer = SimpleNamespace()  # type: ignore[assignment]
    labels = torch.randint(0, 3, (2, 32, 32))
    for _ in range(2):
        module.on_train_epoch_start()
        module.eval()
        images = torch.randn(2, 3, 32, 32)
        module.training_step((images, labels), 0)
        module.on_train_epoch_end()
    with torch.no_grad():
        expected = SegmentationScores.of(confusion_of(module.network(images), labels).numpy())
    assert logged["train/miou"] == pytest.approx(expected.miou)
    checkpoint: dict[str, Any] = {}
    module.on_save_checkpoint(checkpoint)
    other = SegmenterModule(network=module.network, fit=SegmenterFit(), random_seed=0, labels=3)
    other.on_load_checkpoint(checkpoint)
    assert other.reproduced() == expected
    for rank, count in ((0, checkpoint["pixels"]), (1, torch.zeros(3, 3, dtype=torch.int64))):
        one = SegmenterModule(network=module.network, fit=SegmenterFit(), random_seed=0, labels=3)
        one._trainer = SimpleNamespace(global_rank=rank)  # type: ignore[assignment]
        one.on_load_checkpoint(checkpoint)
        assert torch.equal(one._pixels, count), "the first process goes on with the counts of all"
    assert not any("pixels" in name for name in module.state_dict())
