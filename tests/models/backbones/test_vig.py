"""ViG against loops over vertices, and against what is known of the authors' checkpoints: names, shapes, sizes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from builders import named
from torch import Tensor, nn
from torch.nn import functional

from wsss.errors import ModelError
from wsss.models.backbones.vig import Grapher, MaxRelative, ViG, nearest
from wsss.models.classifier import ClassifierOptions
from wsss.models.segmenters.segmenter import SegmenterOptions
from wsss.protocols import Graphical
from wsss.testing.families import small_family_network

MILLIONS = {"vig_ti_224": 7.1, "vig_s_224": 22.7, "vig_b_224": 86.8}
"""Weights with the authors' classifier, as they say."""


def images(height: int, width: int) -> Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(0))


def outline(name: str) -> Any:
    return ClassifierOptions(backbone=name, weights="none").outline()


@pytest.mark.parametrize("name", MILLIONS)
def test_it_is_as_large_as_the_authors_say(name: str):
    network = outline(name)
    width = network.channels
    own = sum(parameter.numel() for parameter in network.backbone.parameters())
    theirs = (width * 1024 + 1024) + 2 * 1024 + (1024 * 1000 + 1000)
    assert (own + theirs) / 1e6 == pytest.approx(MILLIONS[name], abs=0.1)
    assert set(network.strides.values()) == {16}


def test_neighbours_grow_from_9_to_18_and_are_farther_apart_every_fourth_block():
    graphers = [block[0] for block in outline("vig_s_224").backbone.backbone]
    counts = [9, 9, 10, 10, 11, 12, 12, 13, 13, 14, 15, 15, 16, 16, 17, 18]
    assert [grapher._neighbours for grapher in graphers] == counts
    assert [grapher._dilation for grapher in graphers] == [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4


def test_tensors_are_named_as_in_the_authors_checkpoints():
    shapes = {name: tuple(tensor.shape) for name, tensor in outline("vig_ti_224").backbone.state_dict().items()}
    expected = {
        "pos_embed": (1, 192, 14, 14),
        "stem.convs.0.weight": (24, 3, 3, 3),
        "stem.convs.3.weight": (48, 24, 3, 3),
        "stem.convs.9.weight": (192, 96, 3, 3),
        "stem.convs.12.weight": (192, 192, 3, 3),
        "stem.convs.13.running_var": (192,),
        "backbone.11.0.fc1.0.weight": (192, 192, 1, 1),
        "backbone.11.0.fc1.1.running_mean": (192,),
        "backbone.11.0.graph_conv.gconv.nn.0.weight": (384, 96, 1, 1),
        "backbone.11.0.graph_conv.gconv.nn.1.weight": (384,),
        "backbone.11.0.fc2.0.weight": (192, 384, 1, 1),
        "backbone.11.1.fc1.0.weight": (768, 192, 1, 1),
        "backbone.11.1.fc2.1.bias": (192,),
    }
    assert expected.items() <= shapes.items()
    assert len([name for name in shapes if name.startswith("backbone.3.")]) == 5 * 7
    assert len(shapes) == 1 + 5 * 7 + 12 * 5 * 7


def test_a_checkpoint_fills_it_and_its_classifier_is_left_out(tmp_path: Path):
    source = ClassifierOptions(backbone="vig_ti_224", weights="none").build(named(2)).backbone
    nn.init.normal_(source.pos_embed)
    head = {"prediction.0.weight": torch.ones(1024, 192, 1, 1), "prediction.4.bias": torch.ones(1000)}
    torch.save({**source.state_dict(), **head}, tmp_path / "vig.pth")
    options = ClassifierOptions(backbone="vig_ti_224", weights=str(tmp_path / "vig.pth"))
    options.check()
    network = options.build(named(3))
    assert all(torch.equal(tensor, source.state_dict()[name]) for name, tensor in network.backbone.state_dict().items())
    assert network.head_weight.shape == (3, 192)
    with pytest.raises(ModelError, match="missing"):
        ClassifierOptions(backbone="vig_s_224", weights=str(tmp_path / "vig.pth")).check()


def by_loops(layer: MaxRelative, vertices: np.ndarray, neighbours: list[list[int]]) -> np.ndarray:
    """Max-relative convolution of one image in double precision, vertex by vertex and channel by channel."""
    conv: Any = layer.nn[0]
    weight, bias = conv.weight.detach().double().numpy()[:, :, 0, 0], conv.bias.detach().double().numpy()
    rows = []
    for i, near in enumerate(neighbours):
        pairs = []
        for channel in vertices:
            pairs += [channel[i], max(channel[j] - channel[i] for j in near)]
        size = len(pairs) // conv.groups
        outputs = len(weight) // conv.groups
        rows.append([weight[o] @ np.array(pairs[o // outputs * size :][:size]) + bias[o] for o in range(len(weight))])
    return np.array(rows).T


def test_the_graph_convolution_is_a_loop_over_vertices_and_channels():
    layer = MaxRelative(8).eval()
    layer.nn[1] = layer.nn[2] = nn.Identity()
    vertices = torch.randn(1, 8, 6, generator=torch.Generator().manual_seed(1))
    neighbours = [[0, 3, 5], [1, 0, 2], [2, 2, 2], [3, 1, 4], [4, 5, 0], [5, 4, 3]]
    with torch.no_grad():
        found = layer(vertices, torch.tensor([neighbours]))[0]
    expected = by_loops(layer, vertices[0].double().numpy(), neighbours)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("dilation", [1, 3])
def test_neighbours_are_the_nearest_by_cosine(dilation: int):
    vertices = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(1))
    edges = nearest(vertices, count=3, dilation=dilation)
    for image in range(2):
        for i in range(12):
            cosines = functional.cosine_similarity(vertices[image].T, vertices[image, :, i][None])
            order = cosines.argsort(descending=True)[: 3 * dilation : dilation]
            assert edges.neighbours[image, i].tolist() == order.tolist()
            torch.testing.assert_close(edges.cosine[image, i], cosines[order])
    assert edges.neighbours[:, :, 0].tolist() == [list(range(12))] * 2


def test_a_small_image_has_fewer_and_nearer_neighbours():
    grapher = Grapher(4, neighbours=6, dilation=3, most=8).eval()
    sizes = {(5, 5): (6, 3), (4, 4): (6, 2), (3, 3): (6, 1), (2, 2): (4, 1), (1, 1): (1, 1)}
    for (height, width), (count, dilation) in sizes.items():
        maps = torch.randn(1, 4, height, width, generator=torch.Generator().manual_seed(1))
        edges = grapher.edges(maps)
        whole = nearest(grapher.fc1(maps).flatten(2), count=count * dilation, dilation=1)
        assert torch.equal(edges.neighbours, whole.neighbours[..., ::dilation])
        assert edges.neighbours.shape == (1, height * width, count)


def test_edges_are_those_that_the_forward_pass_goes_along():
    network, shown, used = small_family_network("vig"), images(48, 64), []
    assert isinstance(network, Graphical)
    assert network.connecting == ("block1", "block2", "last")
    hooks = [
        block[0].graph_conv["gconv"].register_forward_pre_hook(lambda _, given: used.append(given[1]))
        for block in network.backbone.backbone
    ]
    with torch.no_grad():
        network(shown)
        for hook in hooks:
            hook.remove()
        told = [edges.neighbours for edges in network.edges(shown, blocks=network.connecting)]
        (last,) = network.edges(shown, blocks=["last"])
    assert all(torch.equal(a, b) for a, b in zip(told, used, strict=True))
    assert torch.equal(last.neighbours, used[-1])
    assert last.neighbours.shape == (2, 12, 6)


def test_blocks_do_not_see_how_vertices_are_ordered():
    block = small_family_network("vig").backbone.backbone[1]
    maps, order = torch.randn(1, 16, 1, 9, generator=torch.Generator().manual_seed(1)), torch.randperm(9)
    with torch.no_grad():
        torch.testing.assert_close(block(maps[..., order]), block(maps)[..., order], atol=1e-4, rtol=1e-4)


def test_positions_are_added_as_they_are_at_the_native_size_and_interpolated_at_others():
    net = ViG(width=8, depth=1).eval()
    nn.init.normal_(net.pos_embed, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        native = net.embed(images(224, 224)) - net.stem["convs"](images(224, 224))
        torch.testing.assert_close(native, net.pos_embed.expand(2, -1, -1, -1), atol=1e-5, rtol=0)
        smaller = net.embed(images(100, 224)) - net.stem["convs"](images(100, 224))
        expected = functional.interpolate(net.pos_embed, size=(7, 14), mode="bicubic", antialias=True)
        torch.testing.assert_close(smaller, expected.expand(2, -1, -1, -1), atol=1e-5, rtol=0)
        net.pos_embed.fill_(0.3)
        assert torch.allclose(net.embed(images(50, 90)), net.stem["convs"](images(50, 90)) + 0.3, atol=1e-5)


def test_blocks_in_a_row_are_the_network():
    network = small_family_network("vig")
    with torch.no_grad():
        cut = network.until("last", images(45, 70))
        assert torch.equal(cut.maps, network.backbone.forward_features(images(45, 70)))
        logits = network(images(45, 70))
        for block in network.blocks:
            assert torch.equal(network.after(block, network.until(block, images(45, 70))), logits)
    assert cut.maps.shape == (2, 16, 3, 5)
    assert network.trained_paths_until("block1") == ("pos_embed", "stem.convs", "backbone.0")


def test_gradients_reach_every_weight():
    network = ClassifierOptions(backbone="vig_ti_224", weights="none").build(named(2))
    network(images(64, 64)).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


def test_what_it_cannot_be_is_refused():
    with pytest.raises(ModelError, match=r"weights 'imagenet': timm has none of vig_ti_224"):
        ClassifierOptions(backbone="vig_ti_224", weights="imagenet").check()
    with pytest.raises(ModelError, match=r"output stride of 32; it can do 16$"):
        ClassifierOptions(backbone="vig_ti_224", weights="none", output_stride=32).check()
    with pytest.raises(ModelError, match=r"vig_ti_224 has maps of one resolution only"):
        SegmenterOptions(encoder="tu-vig_ti_224", encoder_weights="none").check()
    assert ClassifierOptions(backbone="vig_ti_224", weights="none").normalisation.mean == (0.5, 0.5, 0.5)
