import os
from dataclasses import replace
from importlib.util import find_spec
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from builders import score_maps
from hydra import compose, initialize_config_dir
from numpy.typing import NDArray

from wsss.config.build import build
from wsss.config.compose import resolved
from wsss.config.search import config_folder
from wsss.data.images import read_image
from wsss.data.layouts.toy_scenes import draw_scene
from wsss.errors import ConfigError
from wsss.masks import Argmax
from wsss.refine import ConstantBackground, DenseCRF, crf

needs_pydensecrf = pytest.mark.skipif(
    find_spec("pydensecrf") is None, reason="pydensecrf is not installed: that both backends agree is NOT tested"
)
BACKENDS = ["torch", pytest.param("pydensecrf", marks=needs_pydensecrf)]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Any:
    return request.param


def softmax(energies: NDArray[Any]) -> NDArray[Any]:
    exponent = np.exp(energies - energies.max(axis=0))
    return exponent / exponent.sum(axis=0)


def mean_field(
    image: NDArray[np.uint8], energies: NDArray[Any], options: DenseCRF, *, diagonal: bool = True
) -> NDArray[Any]:
    """Mean field with dense kernel matrices (Kraehenbuehl and Koltun, algorithm 1), as pydensecrf defines it.

    Potts, every kernel normalised symmetrically: D^-1/2 K D^-1/2. A pixel is its own neighbour.
    """
    labels, height, width = energies.shape
    rows, columns = np.mgrid[:height, :width]
    place = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(float)

    def kernel(features: NDArray[Any]) -> NDArray[Any]:
        squares = ((features[:, None] - features[None]) ** 2).sum(axis=-1)
        weights = np.exp(-squares / 2) * (1 if diagonal else 1 - np.eye(len(features)))
        norm = weights.sum(axis=1) ** -0.5
        return norm[:, None] * weights * norm

    colour = image.reshape(-1, 3) / options.bilateral_srgb
    pairwise = options.gaussian_compat * kernel(place / options.gaussian_sxy) + options.bilateral_compat * kernel(
        np.concatenate([place / options.bilateral_sxy, colour], axis=1)
    )
    unary = energies.reshape(labels, -1).astype(float)
    marginals = softmax(-unary)
    for _ in range(options.iterations):
        marginals = softmax(-unary + marginals @ pairwise)
    return marginals.reshape(labels, height, width)


ONE_STEP = {"unary": "scores", "iterations": 1}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "options",
    [
        DenseCRF(**ONE_STEP, gaussian_sxy=1.0, gaussian_compat=3.0, bilateral_compat=0.0),
        DenseCRF(**ONE_STEP, gaussian_sxy=3.0, gaussian_compat=3.0, bilateral_compat=0.0),
        DenseCRF(**ONE_STEP, gaussian_compat=0.0, bilateral_sxy=3.0, bilateral_srgb=20.0, bilateral_compat=4.0),
        DenseCRF(**ONE_STEP, gaussian_sxy=1.0, bilateral_sxy=3.0, bilateral_srgb=20.0, bilateral_compat=4.0),
    ],
    ids=["gaussian 1", "gaussian 3", "bilateral", "both"],
)
def test_one_step_is_brute_force_mean_field(options: DenseCRF, seed: int, backend: Any):
    """The lattice approximates the kernels: 0.02 on average is its error, and half of what a wrong diagonal makes."""
    rng = np.random.default_rng(seed)
    image = (np.add.outer(10 * np.arange(6), 12 * np.arange(7))[..., None] + rng.integers(0, 20, (6, 7, 3))).astype(
        "u1"
    )
    scores = rng.random((3, 6, 7), dtype=np.float32)
    energies = options.energies(torch.from_numpy(scores)).numpy()
    marginals = replace(options, backend=backend).apply(image, score_maps([0, 1, 2], scores)).scores.numpy()
    error = np.abs(marginals - mean_field(image, energies, options))
    without_diagonal = np.abs(marginals - mean_field(image, energies, options, diagonal=False))
    assert error.mean() < 0.02
    assert error.max() < 0.15
    assert error.mean() < without_diagonal.mean() / 2
    assert np.allclose(marginals.sum(axis=0), 1, atol=1e-5)


def test_ten_steps_on_two_colours_are_brute_force_mean_field(backend: Any):
    image = two_colours(6, 7)
    scores = np.random.default_rng(0).random((3, 6, 7), dtype=np.float32)
    marginals = DenseCRF(backend=backend).apply(image, score_maps([0, 1, 2], scores)).scores.numpy()
    energies = DenseCRF().energies(torch.from_numpy(scores)).numpy()
    assert np.allclose(marginals, mean_field(image, energies, DenseCRF()), atol=1e-3)


def two_colours(height: int, width: int, *, edge: int = 4) -> NDArray[np.uint8]:
    image = np.full((height, width, 3), 40, dtype=np.uint8)
    image[:, edge:] = (200, 180, 60)
    return image


@pytest.mark.parametrize("left", [8, 11])
def test_a_seed_snaps_to_the_edge_of_its_colour(left: int, backend: Any):
    scores = torch.zeros(1, 16, 24)
    scores[:, 2:14, left:22] = 1.0
    seed = ConstantBackground(threshold=0.3).apply(score_maps([7], scores))
    expected = np.zeros((16, 24), dtype=np.uint8)
    expected[:, 10:] = 7
    assert np.array_equal(Argmax()(DenseCRF(backend=backend).apply(two_colours(16, 24, edge=10), seed)), expected)


@pytest.mark.parametrize("unary", ["labels", "scores", "softmax"])
def test_a_constant_image_leaves_what_is_certain(unary: Any, backend: Any):
    scores = torch.zeros(2, 12, 12)
    scores[1] = 1.0
    maps = DenseCRF(unary=unary, backend=backend).apply(
        np.full((12, 12, 3), 128, dtype=np.uint8), score_maps([0, 4], scores)
    )
    assert (Argmax()(maps) == 4).all()


def test_what_comes_out_has_the_size_of_the_image(picture: NDArray[np.uint8], backend: Any):
    maps = score_maps([0, 2], torch.rand(2, 6, 8), size=(24, 32))
    refined = DenseCRF(backend=backend).apply(picture, maps)
    assert refined.scores.shape == (2, 24, 32)
    assert refined.size == maps.size


def test_psa_reads_the_scores_as_probabilities():
    """PSA gives minus the logarithm of scores that do not sum to 1: the same, for a pixel's own constant cancels."""
    scores = torch.rand(3, 24, 32).clamp(min=0.1)
    constant = -scores.log() - DenseCRF(unary="scores").energies(scores)
    torch.testing.assert_close(constant, constant[:1].expand(3, -1, -1), atol=1e-5, rtol=0)


def test_a_single_label_is_certain_without_any_inference(picture: NDArray[np.uint8]):
    maps = DenseCRF().apply(picture, score_maps([0], torch.full((1, 6, 8), 0.3), size=(24, 32)))
    assert torch.equal(maps.scores, torch.ones(1, 24, 32))


def test_energies_by_hand():
    scores = torch.tensor([[[0.5, 0.2]], [[0.25, 0.2]], [[0.25, 0.6]]])
    # The first of equals is believed with 0.7, the two others share the rest.
    sure, rest = -log(0.7), -log(0.15)
    assert DenseCRF(unary="labels").energies(scores)[:, 0, 0].tolist() == pytest.approx([sure, rest, rest])
    assert DenseCRF(unary="labels").energies(scores)[:, 0, 1].tolist() == pytest.approx([rest, rest, sure])
    expected = [-log(0.5), -log(0.25), -log(0.25)]
    assert DenseCRF(unary="scores").energies(scores)[:, 0, 0].tolist() == pytest.approx(expected)
    assert DenseCRF(unary="scores").energies(scores / 2)[:, 0, 0].tolist() == pytest.approx(expected)
    powers = np.exp([0.2, 0.2, 0.6])
    expected = (-np.log(powers / powers.sum())).tolist()
    assert DenseCRF(unary="softmax").energies(scores)[:, 0, 1].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("unary", ["labels", "scores", "softmax"])
def test_energies_are_finite_where_nothing_is_scored(unary: Any):
    energies = DenseCRF(unary=unary).energies(torch.zeros(2, 3, 3))
    assert energies.dtype == torch.float32
    assert energies.isfinite().all()


def test_the_strongest_label_takes_the_first_of_equals():
    energies = DenseCRF().energies(torch.zeros(2, 1, 1))
    assert energies[0, 0, 0] < energies[1, 0, 0]


def test_maps_without_a_background_are_refused(picture: NDArray[np.uint8]):
    with pytest.raises(ValueError, match="put a background rule before it"):
        DenseCRF().apply(picture, score_maps([1, 2], torch.rand(2, 24, 32)))


def test_maps_of_another_image_are_refused(picture: NDArray[np.uint8]):
    with pytest.raises(ValueError, match="does not belong"):
        DenseCRF().apply(picture, score_maps([0, 2], torch.rand(2, 32, 24)))


def test_check_says_how_to_install_pydensecrf(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crf, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"pydensecrf2.*or backend=torch"):
        DenseCRF(backend="pydensecrf").check()
    DenseCRF().check()
    DenseCRF(backend="torch").check()


def test_labels_that_are_nowhere_likely_take_no_part(picture: NDArray[np.uint8]):
    scores = torch.rand(4, 24, 32) * torch.tensor([0.05, 1.0, 0.09, 1.0])[:, None, None]
    every = DenseCRF(least_score=0.1, iterations=3).apply(picture, score_maps([0, 1, 2, 3], scores))
    few = DenseCRF(iterations=3).apply(picture, score_maps([0, 1, 3], scores[[0, 1, 3]]))
    assert every.labels.tolist() == [0, 1, 2, 3]
    assert torch.equal(every.scores[[0, 1, 3]], few.scores)  # the background takes part, however unlikely
    assert not every.scores[2].any()
    alone = DenseCRF(least_score=2.0).apply(picture, score_maps([0, 1, 2, 3], scores))
    assert alone.scores.flatten(start_dim=1).sum(dim=1).tolist() == [24 * 32, 0, 0, 0]


@pytest.mark.parametrize("least", [0.0, 0.5])
def test_a_label_whose_best_score_is_the_least_takes_part(picture: NDArray[np.uint8], least: float):
    """By default even one whose map is empty: the others' energies depend on how many labels there are."""
    scores = torch.rand(3, 24, 32).clamp(max=0.9) * 0.4 + 0.5
    scores[1] = least
    found = DenseCRF(least_score=least, iterations=2).apply(picture, score_maps([0, 1, 2], scores))
    assert (found.scores[1] > 0).all()
    below = DenseCRF(least_score=least + 0.01, iterations=2).apply(picture, score_maps([0, 1, 2], scores))
    assert not below.scores[1].any()


@pytest.mark.parametrize(
    ("asked", "device", "installed", "taken"),
    [
        ("auto", "cpu", True, "pydensecrf"),
        ("auto", "cpu", False, "torch"),
        ("auto", "cuda", True, "torch"),
        ("torch", "cpu", True, "torch"),
        ("pydensecrf", "cuda", True, "pydensecrf"),
    ],
)
def test_auto_goes_by_what_is_there(
    asked: Any, device: str, installed: bool, taken: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(crf, "find_spec", lambda _: object() if installed else None)
    assert DenseCRF(backend=asked, iterations=3).resolved(torch.device(device)) == DenseCRF(backend=taken, iterations=3)


def test_without_pydensecrf_maps_are_refined_all_the_same(picture: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch):
    maps = score_maps([0, 2], torch.rand(2, 24, 32))
    expected = DenseCRF(backend="torch").apply(picture, maps)
    monkeypatch.setattr(crf, "find_spec", lambda _: None)
    (refined,) = DenseCRF().open({}, torch.device("cpu"))([picture], [maps])
    assert torch.equal(refined.scores, expected.scores)


def presets() -> dict[str, DenseCRF]:
    """The dense CRF of every list of refiners that has one, as Hydra composes it."""
    names = [path.stem for path in sorted((config_folder() / "refine").glob("crf*.yaml"))]
    with initialize_config_dir(version_base="1.3", config_dir=str(config_folder().absolute())):
        lists = compose("run", overrides=[f"+refine@lists.{name}={name}" for name in names]).lists
    return {name: build(resolved(lists[name])["crf"], DenseCRF) for name in names}


PRESETS = presets()
PRESETS["deeplab"] = DenseCRF(
    unary="scores", gaussian_sxy=1.0, bilateral_sxy=67.0, bilateral_srgb=3.0, bilateral_compat=4.0
)
PRESETS["one step"] = DenseCRF(unary="softmax", bilateral_sxy=32.0, bilateral_srgb=13.0, iterations=1)


def assert_backends_agree(image: NDArray[np.uint8], options: DenseCRF) -> None:
    """With four labels whose scores are blobs, and a background."""
    height, width = image.shape[:2]
    blobs = torch.nn.functional.interpolate(torch.rand(1, 4, 6, 8), size=(height, width), mode="bicubic")[0]
    maps = ConstantBackground(threshold=0.5).apply(score_maps([1, 2, 3, 4], blobs.clamp(0, 1)))
    ours, theirs = (replace(options, backend=name).apply(image, maps) for name in ("torch", "pydensecrf"))
    assert (Argmax()(ours) == Argmax()(theirs)).mean() >= 0.9999
    assert (ours.scores - theirs.scores).abs().mean() <= 1e-4


@needs_pydensecrf
@pytest.mark.parametrize("preset", PRESETS)
def test_backends_agree_on_drawn_scenes(preset: str):
    for number, size in enumerate((96, 160)):
        assert_backends_agree(draw_scene(number, size=size, random_seed=0, stream=0).image, PRESETS[preset])


@needs_pydensecrf
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (37, 2), (3, 3)])
def test_backends_agree_on_slivers(shape: tuple[int, int]):
    assert_backends_agree(np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8), DenseCRF())


@needs_pydensecrf
@pytest.mark.slow
@pytest.mark.photographs
@pytest.mark.skipif("WSSS_VOC_MINI" not in os.environ, reason="WSSS_VOC_MINI names no VOC devkit: no photographs")
@pytest.mark.parametrize("preset", PRESETS)
def test_backends_agree_on_photographs(preset: str):
    photographs = sorted(Path(os.environ["WSSS_VOC_MINI"], "JPEGImages").glob("*.jpg"))
    assert photographs
    for path in photographs[:: max(1, len(photographs) // 10)]:
        assert_backends_agree(read_image(path), PRESETS[preset])


@pytest.mark.parametrize(
    "wrong",
    [{"confidence": 0.0}, {"confidence": 1.0}, {"gaussian_sxy": 0.0}, {"bilateral_srgb": -1.0}, {"iterations": 0}],
)
def test_options_outside_are_refused(wrong: dict[str, Any]):
    with pytest.raises(ValueError, match="must"):
        DenseCRF(**wrong)
