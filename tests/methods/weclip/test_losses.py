"""Losses of WeCLIP+ against loops, another library and other splits of the batch."""

import pytest
import torch
from segmentation_models_pytorch.losses import DiceLoss
from torch import Tensor

from wsss.labels import IGNORE
from wsss.methods.weclip import losses
from wsss.methods.weclip.losses import dice_loss, exchange_loss, with_own_labels
from wsss.training.segmenter import segmentation_loss


def random(shape: tuple[int, ...], number: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(number))


def drawn(labels: int = 4) -> tuple[Tensor, Tensor]:
    """Logits and labels of which the last does not occur."""
    found = torch.randint(labels - 1, (2, 5, 7), generator=torch.Generator().manual_seed(1))
    return 3 * random((2, labels, 5, 7)), found


def test_dice_against_a_loop():
    logits, labels = drawn()
    share = logits.softmax(dim=1).double()
    overlaps = []
    for label in range(4):
        both = sum(float(share[b, label, y, x]) for b, y, x in (labels == label).nonzero().tolist())
        either = float(share[:, label].sum()) + int((labels == label).sum())
        overlaps.append(2 * both / either)
    assert overlaps[3] == 0
    assert dice_loss(logits, labels).item() == pytest.approx(1 - sum(overlaps) / 4, abs=1e-6)


def test_dice_has_the_gradient_of_another_library():
    """Which leaves a label without pixels out of its sum, and not out of the count by which it divides."""
    logits, labels = drawn()
    ours, theirs = (logits.clone().requires_grad_() for _ in range(2))
    dice_loss(ours, labels).backward()
    DiceLoss(mode="multiclass", eps=1e-7)(theirs, labels).backward()
    assert ours.grad is not None
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-7, rtol=1e-4)


def test_unknown_pixels_have_no_say():
    logits, labels = drawn()
    labels[:, 2] = IGNORE
    kept = [0, 1, 3, 4]
    torch.testing.assert_close(dice_loss(logits, labels), dice_loss(logits[:, :, kept], labels[:, kept]))
    changed = logits.clone()
    changed[:, :, 2] += random((2, 4, 7), 5)
    torch.testing.assert_close(dice_loss(changed, labels), dice_loss(logits, labels))


def test_dice_of_two_processes_is_that_of_the_whole_batch(monkeypatch: pytest.MonkeyPatch):
    """Sums are over both, and the mean of their gradients, which DDP takes, is the gradient of the whole."""
    logits, labels = drawn()
    whole = logits.clone().requires_grad_()
    dice_loss(whole, labels).backward()
    assert whole.grad is not None

    def sums(part: Tensor, own: Tensor) -> list[Tensor]:
        found: list[Tensor] = []
        with monkeypatch.context() as patch:
            patch.setattr(losses, "over_all_ranks", lambda count: (found.append(count.detach()), count.detach())[1])
            dice_loss(part, own)
        return found

    others = [sums(logits[[1]], labels[[1]]), sums(logits[[0]], labels[[0]])]
    for image, other in enumerate(others):
        part, left = logits[[image]].clone().requires_grad_(), list(other)
        monkeypatch.setattr(losses, "over_all_ranks", lambda count, left=left: count.detach() + left.pop(0))
        monkeypatch.setattr(losses, "process_count", lambda: 2)
        dice_loss(part, labels[[image]]).backward()
        assert part.grad is not None
        torch.testing.assert_close(part.grad[0] / 2, whole.grad[image])


def test_every_answer_learns_from_every_other():
    one, two = random((2, 3, 4, 4), 1).requires_grad_(), random((2, 3, 4, 4), 2).requires_grad_()
    expected = segmentation_loss(one, two.argmax(dim=1), kind="balanced")
    expected = expected + segmentation_loss(two, one.argmax(dim=1), kind="balanced")
    torch.testing.assert_close(exchange_loss([one, two]), expected)
    assert exchange_loss([one]).item() == 0


def test_a_label_is_its_own_only_where_the_answer_is_sure():
    logits = torch.tensor([[[0.0, 0.0, 0.0]], [[2.0, 1.0, -2.0]]])[None]
    shares = logits.softmax(dim=1)[0, 1, 0]
    labels = torch.tensor([[[0, 0, 1]]])
    assert shares[0] > 0.75 > shares[1] > 0.5
    assert with_own_labels(labels, logits, above=0.75).tolist() == [[[1, 0, 0]]]
    assert not with_own_labels(labels, logits.requires_grad_(), above=0.75).requires_grad
