"""AD-CAM on attention given by hand: what is kept, what never leaks, and what is weakened."""

from typing import Any, get_args

import pytest
import torch
from networks import Attending, TinyGAP
from torch import Tensor

from wsss.cams import ADCAM, CAM, GradCAM
from wsss.cams.adcam import Agreement, agreement
from wsss.cams.attention import with_row_sums_of_one
from wsss.errors import ModelError
from wsss.testing.families import small_family_network
from wsss.types import Targets

TARGETS = Targets.of([[0, 1], [1]])
REFINEMENTS = get_args(Agreement)
every_refinement = pytest.mark.parametrize("refinement", REFINEMENTS)


def random(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(4))


def of(attention: Tensor, **options: Any) -> Tensor:
    """The maps of two images of 2 x 3 cells under one attention."""
    network = Attending(random(2, 2, 2, 3) - 0.3, attention.expand(2, -1, -1))
    return ADCAM(**options)(network, torch.zeros(2, 3, 2, 3), TARGETS)


BASE = of(torch.eye(6), steps=0)
"""What is diffused."""


def mass(maps: Tensor) -> Tensor:
    return maps.sum(dim=(1, 2))


def test_by_hand():
    # Cells 0 and 1 attend to both alike, cell 2 to cell 1 and to itself.
    attention = torch.tensor([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.4, 0.6]])
    network = Attending(torch.tensor([[[[1.0, 0.0, 2.0]]]]), attention[None])
    # S: 1 between 0 and 1, and 0.4 between 2 and each of them. Row 2 of A * S is 0.16 for cell 1 and 0.6 for itself.
    kept, given = 0.6 / 0.76, 0.16 / 0.76
    expected = [0.5, 0.5 + 2 * given, 2 * kept]
    maps = ADCAM()(network, torch.zeros(1, 3, 1, 3), Targets.of([[0]]))
    torch.testing.assert_close(maps, torch.tensor([[expected]]))
    # Half of it moves, twice: 0.5 * (half-way state) P + 0.5 * start.
    (first,) = ADCAM(share=0.5)(network, torch.zeros(1, 3, 1, 3), Targets.of([[0]]))
    torch.testing.assert_close(first, torch.tensor([[0.75, 0.25 + given, 1 + kept]]))
    (second,) = ADCAM(share=0.5, steps=2)(network, torch.zeros(1, 3, 1, 3), Targets.of([[0]]))
    third = 0.5 * (1 + kept) * kept + 1
    torch.testing.assert_close(second[0, 2].item(), third, atol=1e-6, rtol=0)


def test_rows_of_the_attention_that_miss_what_went_to_other_tokens_are_made_whole():
    short = random(6, 6) * 0.1
    torch.testing.assert_close(of(short), of(with_row_sums_of_one(short)))


@every_refinement
@pytest.mark.parametrize("balance", ["push", "pull", "sinkhorn"])
def test_cells_that_attend_to_themselves_alone_keep_what_they_have(refinement: Agreement, balance: Any):
    torch.testing.assert_close(of(torch.eye(6), refinement=refinement, balance=balance, steps=3), BASE)


@every_refinement
def test_push_keeps_the_sum_and_pull_a_constant(refinement: Agreement):
    attention, steps = random(6, 6), 3
    pushed = of(attention, refinement=refinement, steps=steps)
    torch.testing.assert_close(mass(pushed), mass(BASE))
    assert not torch.allclose(mass(of(attention, refinement=refinement, balance="pull")), mass(BASE), rtol=1e-3)
    constant = Attending(torch.full((1, 1, 2, 3), 0.7), attention[None])
    pulled = ADCAM(refinement=refinement, balance="pull", steps=steps)(constant, torch.zeros(1, 3, 2, 3), one())
    torch.testing.assert_close(pulled, torch.full((1, 2, 3), 0.7))
    pushed = ADCAM(refinement=refinement, steps=steps)(constant, torch.zeros(1, 3, 2, 3), one())
    assert pushed.std() > 1e-3


@every_refinement
def test_sinkhorn_keeps_both(refinement: Agreement):
    attention = random(6, 6)
    torch.testing.assert_close(mass(of(attention, refinement=refinement, balance="sinkhorn", steps=3)), mass(BASE))
    constant = Attending(torch.full((1, 1, 2, 3), 0.7), attention[None])
    kept = ADCAM(refinement=refinement, balance="sinkhorn", steps=3)(constant, torch.zeros(1, 3, 2, 3), one())
    torch.testing.assert_close(kept, torch.full((1, 2, 3), 0.7), atol=1e-4, rtol=1e-4)


def one() -> Targets:
    return Targets.of([[0]])


@every_refinement
@pytest.mark.parametrize("balance", ["push", "pull", "sinkhorn"])
def test_nothing_leaks_between_blocks_that_do_not_attend_to_each_other(refinement: Agreement, balance: Any):
    attention = torch.block_diag(random(2, 2), random(4, 4))
    start = torch.zeros(1, 1, 2, 3)
    start[0, 0, 0, :2] = 1
    network = Attending(start, attention[None])
    (maps,) = ADCAM(refinement=refinement, balance=balance, steps=5)(network, torch.zeros(1, 3, 2, 3), one())
    assert (maps.flatten()[2:] == 0).all()
    assert maps.flatten()[:2].sum() > 0


def test_nothing_moves_where_the_share_is_none():
    network = small_family_network("vision_transformer")
    images, targets = torch.randn(2, 3, 40, 29, generator=torch.Generator().manual_seed(1)), Targets.of([[0], [2, 3]])
    still = ADCAM(share=0.0)(network, images, targets)
    assert torch.equal(still, CAM()(network, images, targets).relu())
    assert not torch.allclose(ADCAM()(network, images, targets), still)


@every_refinement
def test_refined_attention_is_nowhere_stronger(refinement: Agreement):
    attention = with_row_sums_of_one(random(9, 9) ** 4)
    alike = agreement(attention, how=refinement)
    assert (alike >= 0).all()
    assert (alike <= 1).all()
    torch.testing.assert_close(alike.diagonal(), torch.ones(9))
    torch.testing.assert_close(alike, alike.mT)


@pytest.mark.parametrize("refinement", ["histogram", "cosine", "bhattacharyya"])
def test_agreement_is_its_formula_cell_by_cell(refinement: Agreement):
    rows = with_row_sums_of_one(random(5, 5)).tolist()

    def compared(a: list[float], b: list[float]) -> float:
        if refinement == "histogram":
            return sum(min(x, y) for x, y in zip(a, b, strict=True))
        dot = sum((x * y) if refinement == "cosine" else (x * y) ** 0.5 for x, y in zip(a, b, strict=True))
        return dot / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5 if refinement == "cosine" else dot

    expected = torch.tensor([[compared(a, b) for b in rows] for a in rows])
    torch.testing.assert_close(agreement(torch.tensor(rows), how=refinement), expected)


@pytest.mark.parametrize("refinement", ["histogram", "cosine", "bhattacharyya"])
def test_cells_without_a_common_neighbour_have_no_affinity(refinement: Agreement):
    rows = with_row_sums_of_one(torch.block_diag(random(7, 7), random(6, 6))[:, torch.randperm(13)])
    alike = agreement(rows, how=refinement)
    assert (alike[:7, 7:] == 0).all()
    assert (alike[:7, :7] > 0).all()


@pytest.mark.parametrize("refinement", ["histogram", "cosine", "bhattacharyya"])
def test_a_spurious_link_leaks_less_than_by_direct_coupling(refinement: Agreement):
    # Two things of three cells each; cell 0 of the first also attends to cell 5 of the second.
    attention = torch.block_diag(torch.ones(3, 3), torch.ones(3, 3))
    attention[0, 5] = 1
    start = torch.zeros(1, 1, 2, 3)
    start[0, 0, 0] = 1
    network = Attending(start, attention[None])
    leaks = {
        how: ADCAM(refinement=how)(network, torch.zeros(1, 3, 2, 3), one())[0, 1].sum().item()
        for how in (refinement, "none")
    }
    assert leaks["none"] == pytest.approx(0.25)
    assert 0 < leaks[refinement] < 0.6 * leaks["none"]


def test_only_the_last_layers_are_averaged():
    first, second, third = random(3, 1, 6, 6)
    network = Attending(random(1, 1, 2, 3), first, second, third)
    images = torch.zeros(1, 3, 2, 3)
    both = Attending(network.maps, (second + third) / 2)
    torch.testing.assert_close(ADCAM(layers=2)(network, images, one()), ADCAM()(both, images, one()))


def test_the_base_can_be_any_method_on_the_grid():
    network = small_family_network("vision_transformer")
    images, targets = torch.randn(2, 3, 40, 29, generator=torch.Generator().manual_seed(1)), Targets.of([[0], [2, 3]])
    early = ADCAM(base=GradCAM(), block="block1", share=0.0)
    assert torch.equal(early(network, images, targets), GradCAM(block="block1")(network, images, targets).relu())
    with pytest.raises(ModelError, match=r"cam.block=last, not block1"):
        ADCAM(block="block1").check(network)


def test_a_network_without_attention_is_refused_with_one_that_has_it():
    for network in (TinyGAP(), small_family_network("resnet")):
        with pytest.raises(ModelError, match=r"attention of a transformer: use classifier=vit_small"):
            ADCAM().check(network)


def test_more_layers_than_there_are_are_refused():
    network = small_family_network("vision_transformer")
    ADCAM(layers=3).check(network)
    with pytest.raises(ModelError, match=r"cam.layers=4: only 3 of this network's blocks attend"):
        ADCAM(layers=4).check(network)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"layers": 0}, "layers must be"), ({"steps": -1}, "steps must not"), ({"share": 1.5}, "share must lie")],
)
def test_options_that_mean_nothing_are_refused(options: Any, message: str):
    with pytest.raises(ValueError, match=message):
        ADCAM(**options)
