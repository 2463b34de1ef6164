"""CLIP with a bank of words is explained, without a run."""

from pathlib import Path

import numpy as np
import pytest
import torch

from wsss.apps.explain.explainer import Explainer
from wsss.apps.explain.prompted import explainer_of_bank
from wsss.errors import ModelError
from wsss.models.clip.text_bank import TextBank, write_bank

TOWER = "vit_xsmall_patch16_clip_224"
IMAGE = np.random.default_rng(0).integers(0, 256, size=(64, 96, 3), dtype=np.uint8)


def written(folder: Path, *, tower: str = TOWER, width: int = 512) -> Path:
    vectors = np.random.default_rng(0).normal(size=(5, width)).astype(np.float32)
    bank = TextBank(
        classes=("tabby cat", "dog", "sea"), backgrounds=("Sea", "sky"), vectors=vectors, scale=20.0, tower=tower
    )
    write_bank(folder / "animals.npz", bank)
    return folder / "animals.npz"


@pytest.fixture(scope="module")
def explainer(tmp_path_factory: pytest.TempPathFactory) -> Explainer:
    torch.manual_seed(0)
    bank = written(tmp_path_factory.mktemp("bank"))
    return explainer_of_bank(bank, weights="none", device="cpu", top=2, side=96)


def test_the_likeliest_words_are_explained_with_their_share_beside_backgrounds(explainer: Explainer):
    found = explainer(IMAGE, methods=["softmax_gradcam", "clip_es", "cam"], scored=False)
    assert explainer.classes == ("tabby cat", "dog", "sea")
    assert "linear head" in found.left_out["cam"]
    (network,) = explainer.networks
    with torch.no_grad():
        shares = network.classify(explainer.seen(IMAGE)[None])[0].softmax(dim=0)  # type: ignore[attr-defined]
    assert len(shares) == 4, "the background that is called as a class is left out"
    assert list(found.probabilities.values()) == pytest.approx(shares[:3].tolist(), rel=1e-4)
    ranked = [explainer.classes[cls] for cls in shares[:3].argsort(descending=True).tolist()]
    assert [each.name for each in found.explanations] == [name for name in ranked[:2] for _ in range(2)]


def test_named_words_compete_with_each_other(explainer: Explainer):
    alone = explainer(IMAGE, methods=["softmax_gradcam"], classes=["dog"], scored=False)
    beside = explainer(IMAGE, methods=["softmax_gradcam"], classes=["dog", "tabby cat"], scored=False)
    assert alone.explanations[0].heat.shape == (64, 96)
    assert not np.allclose(alone.explanations[0].heat, beside.explanations[0].heat, atol=1e-3)


def test_a_bank_of_another_tower_is_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="timm has no network 'vit_no_such_tower'"):
        explainer_of_bank(written(tmp_path, tower="vit_no_such_tower"), weights="none")
    with pytest.raises(ModelError, match="vectors of 7 numbers"):
        explainer_of_bank(written(tmp_path, width=7), weights="none")
    with pytest.raises(ModelError, match="no such file"):
        explainer_of_bank(tmp_path / "nowhere.npz")
