"""Logits of views, a few rows at a time."""

import pytest
import torch
from torch.nn import functional

from wsss.views import by_rows
from wsss.views.by_rows import ByRows, joined


@pytest.mark.parametrize("block", [1, 200, 1 << 18])
@pytest.mark.parametrize("grid", [(9, 14), (5, 7), (9, 7), (18, 28), (1, 1)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_rows_together_are_torchs_interpolation(
    grid: tuple[int, int],
    mirrored: bool,
    block: int,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(by_rows, "BLOCK", block)
    answers = torch.randn(2, 2, 3, *grid).bfloat16()
    views = [ByRows.of(answer, size=(9, 14), mirrored=mirrored) for answer in answers]
    blocks = list(joined(views, torch.maximum))
    assert [row for rows, _ in blocks for row in range(rows.start, rows.stop)] == list(range(9))
    assert len(blocks) == {1: 9, 200: 5, 1 << 18: 1}[block]
    whole = torch.cat([logits for _, logits in blocks], dim=-2)
    sized = [
        functional.interpolate(each.float(), size=(9, 14), mode="bilinear", align_corners=False) for each in answers
    ]
    expected = torch.maximum(*sized).flip(-1) if mirrored else torch.maximum(*sized)
    assert whole.dtype == torch.float32
    torch.testing.assert_close(whole, expected, atol=1e-5, rtol=0)


def test_an_answer_at_every_pixel_is_not_copied():
    answer = torch.randn(1, 3, 9, 14)
    rows = ByRows.of(answer, size=(9, 14), mirrored=False).rows(slice(2, 5))
    assert rows.data_ptr() == answer[..., 2:, :].data_ptr()
    assert torch.equal(rows, answer[..., 2:5, :])
