"""VS-CAM on graphs given by hand: what probes see, what never mixes, and bounds."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch
from networks import Given, TinyMLP
from torch import Tensor

from wsss.cams import CAM, VSCAM, HiResCAM
from wsss.cams.vscam import dense_logits, neighbourhoods, through
from wsss.errors import ModelError
from wsss.protocols import Edges
from wsss.testing.families import small_family_network
from wsss.types import Cut, Targets

ONE = Targets.of([[0]])
BLANK = torch.zeros(1, 3, 2, 3)


def edges_of(neighbours: Any, cosine: Any = None) -> Edges:
    given = torch.tensor([neighbours])
    return Edges(neighbours=given, cosine=torch.ones(given.shape) if cosine is None else torch.tensor([cosine]))


class Graph(Given):
    """Maps and graphs are given whatever the images show; two classes, one a channel."""

    def __init__(self, maps: Tensor, *graphs: Edges) -> None:
        super().__init__(maps, torch.eye(maps.shape[1]))
        self.graphs = {f"block{place}": each for place, each in enumerate(graphs, start=1)}
        self.connecting = tuple(self.graphs)

    def edges(self, images: Tensor, *, blocks: Sequence[str]) -> Iterator[Edges]:
        yield from (self.graphs[block] for block in blocks)


class Bent(Graph):
    """Its head is not linear, and says so: the square of the mean, plus 1."""

    def __init__(self, maps: Tensor, *graphs: Edges) -> None:
        super().__init__(maps, *graphs)
        del self.head_weight

    def after(self, block: str, cut: Cut) -> Tensor:
        return cut.maps.mean(dim=(2, 3)).square() + 1


def random(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(4))


LINKS = [[0, 1], [1, 4], [2, 5], [3, 0], [4, 2], [5, 3]]


def test_by_hand():
    # Vertex 0 is connected with 1, 1 with nobody else, 2 with 1: probes (1 1 0), (0 1 0), (0 1 1); base 4, 0, 2.
    network = Graph(torch.tensor([[[[4.0, 0.0, 2.0]]]]), edges_of([[0, 1], [1, 1], [2, 1]]))
    responses = [2.0, 0.0, 1.0]
    expected = [responses[0], sum(responses) / 3, responses[2]]
    maps = VSCAM()(network, torch.zeros(1, 3, 1, 3), ONE)
    torch.testing.assert_close(maps, torch.tensor([[expected]]))


def test_cosines_weigh_neighbours_and_those_below_zero_do_not_count():
    edges = edges_of([[0, 1], [1, 2], [2, 0]], [[0.9, 0.25], [1.0, -0.5], [1.0, 0.5]])
    expected = torch.tensor([[1.0, 0.25, 0.0], [0.0, 1.0, 0.0], [0.5, 0.0, 1.0]])
    assert torch.equal(neighbourhoods(edges, weights="cosine"), expected)
    assert torch.equal(neighbourhoods(edges, weights="one"), torch.tensor([[1.0, 1, 0], [0, 1, 1], [1, 0, 1]]))


def test_a_vertex_looks_at_itself_also_where_it_is_not_its_own_neighbour():
    assert neighbourhoods(edges_of([[1], [0]]), weights="one").tolist() == [[1, 1], [1, 1]]


def test_probes_that_look_at_one_cell_each_give_the_base():
    base = random(3, 6)
    torch.testing.assert_close(through(torch.eye(6), base), base)
    network = Graph(random(1, 1, 2, 3) - 0.3, edges_of([[i] for i in range(6)]))
    torch.testing.assert_close(VSCAM()(network, BLANK, ONE), network.maps[:, 0].relu())


@pytest.mark.parametrize("weights", ["one", "cosine"])
def test_a_constant_base_stays_constant(weights: Any):
    network = Graph(torch.full((1, 1, 2, 3), 0.7), edges_of(LINKS, random(6, 2).tolist()))
    torch.testing.assert_close(VSCAM(weights=weights)(network, BLANK, ONE), torch.full((1, 2, 3), 0.7))


def test_relabelled_vertices_with_their_edges_permute_the_map():
    order, maps = torch.randperm(6), random(1, 1, 2, 3)
    place = order.argsort()
    moved = [[place[j].item() for j in LINKS[i]] for i in order.tolist()]
    expected = VSCAM()(Graph(maps, edges_of(LINKS)), BLANK, ONE).flatten()[order]
    shuffled = maps.flatten()[order].reshape(1, 1, 2, 3)
    torch.testing.assert_close(VSCAM()(Graph(shuffled, edges_of(moved)), BLANK, ONE).flatten(), expected)


def test_what_is_not_connected_never_mixes():
    maps = torch.tensor([[[[5.0, 1.0, 0.0], [3.0, 0.0, 0.0]]]])
    links = [[0, 1], [1, 3], [2, 5], [3, 0], [4, 2], [5, 4]]  # 0, 1 and 3; 2, 4 and 5
    (found,) = VSCAM()(Graph(maps, edges_of(links)), BLANK, ONE)
    assert found.flatten()[[2, 4, 5]].tolist() == [0, 0, 0]
    assert (found.flatten()[[0, 1, 3]] > 0).all()


@pytest.mark.parametrize("options", [{}, {"weights": "cosine"}, {"probes": "channel"}, {"base": "gradient"}])
def test_maps_lie_between_zero_and_the_most_of_the_base(options: Any):
    network = small_family_network("vig")
    images, targets = torch.randn(2, 3, 50, 70, generator=torch.Generator().manual_seed(1)), Targets.of([[0], [1, 3]])
    base = (HiResCAM() if options.get("base") else CAM())(network, images, targets).relu()
    maps = VSCAM(**options)(network, images, targets)
    assert (maps >= 0).all()
    assert (maps.amax(dim=(1, 2)) <= base.amax(dim=(1, 2)) * (1 + 1e-5)).all()
    assert maps.std() > 0
    assert not torch.allclose(maps, base, rtol=1e-2)


def test_channels_as_probes_by_hand():
    # Channels become (0 1 0.5) and (1 0 0): their answers are (0 1 0.5) . base / 1.5 and the first of the base.
    maps = torch.tensor([[[[-1.0, 2.0, 1.0]], [[3.0, 0.0, -2.0]]]])
    base = [0.0, 2.0, 1.0]
    response = (2.0 + 0.5) / 1.5
    found = VSCAM(probes="channel")(Graph(maps), torch.zeros(1, 3, 1, 3), ONE)
    torch.testing.assert_close(found, torch.tensor([[[base[0], response, response]]]))


def test_cells_that_no_probe_looks_at_are_empty():
    assert through(torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), torch.tensor([[2.0, 4.0, 9.0]])).tolist() == [
        [3, 3, 0]
    ]


def test_a_head_that_is_not_linear_is_applied_to_every_cell():
    network = Bent(random(1, 2, 2, 3), edges_of([[i] for i in range(6)]))
    torch.testing.assert_close(VSCAM()(network, BLANK, ONE), network.maps[:, 0].square() + 1)
    maps = VSCAM(probes="channel")(TinyMLP(), torch.randn(2, 3, 40, 56), Targets.of([[0, 1], [2]]))
    assert maps.shape == (3, 5, 7)
    assert maps.std() > 0


def test_dense_logits_of_a_linear_head_are_cam():
    network = small_family_network("vig")
    images, targets = torch.randn(2, 3, 50, 70, generator=torch.Generator().manual_seed(1)), Targets.of([[0, 2], [1]])
    with torch.no_grad():
        logits = dense_logits(network, "last", network.until("last", images))
    torch.testing.assert_close(logits[targets.image, targets.cls], CAM()(network, images, targets))


def test_the_gradient_base_is_hirescam_without_its_negative_part():
    maps = random(1, 1, 2, 3) - 0.3
    network = Graph(maps, edges_of([[i] for i in range(6)]))
    torch.testing.assert_close(VSCAM(base="gradient")(network, BLANK, ONE), HiResCAM()(network, BLANK, ONE).relu())


def test_only_the_last_graphs_are_averaged():
    first, last = edges_of(LINKS), edges_of([[i] for i in range(6)])
    maps = random(1, 1, 2, 3)
    torch.testing.assert_close(VSCAM()(Graph(maps, first, last), BLANK, ONE), maps[:, 0])
    probes = (neighbourhoods(first, weights="one") + torch.eye(6)) / 2
    expected = through(probes, maps.flatten()[None]).reshape(1, 2, 3)
    torch.testing.assert_close(VSCAM(layers=2)(Graph(maps, first, last), BLANK, ONE), expected)


def test_what_does_not_fit_is_refused_with_what_does():
    network = small_family_network("vig")
    VSCAM(layers=3).check(network)
    VSCAM(probes="channel").check(small_family_network("resnet"))
    for other in (TinyMLP(), small_family_network("resnet")):
        with pytest.raises(ModelError, match=r"vision GNN: use classifier=vig_tiny, cam.probes=channel"):
            VSCAM().check(other)
    with pytest.raises(ModelError, match=r"cam.layers=4: this network draws only 3 graphs"):
        VSCAM(layers=4).check(network)
    with pytest.raises(ModelError, match=r"cam.block=last, not block1"):
        VSCAM(block="block1").check(network)
    with pytest.raises(ValueError, match="layers must be at least 1"):
        VSCAM(layers=0)
