"""A folder for model hubs is a model file that lies open."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import Run

from wsss.apps.export import export_folder
from wsss.apps.predict import Predictor
from wsss.errors import ConfigError, StoreError


def test_a_folder_predicts_as_its_run_does(toy_run: Run, tmp_path: Path):
    out = tmp_path / "hub"
    assert export_folder(toy_run.out, out) == sum(path.is_file() for path in out.rglob("*"))
    assert list(tmp_path.iterdir()) == [out]
    card = (out / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlibrary_name: wsss\n")
    assert "## Limits\n" in card
    image = np.random.default_rng(0).integers(0, 256, (40, 48, 3), dtype=np.uint8)
    labels = [Predictor.of(model, device="cpu")(image).labels for model in (toy_run.out, out)]
    assert np.array_equal(*labels)


def test_a_folder_that_was_changed_is_refused(toy_run: Run, tmp_path: Path):
    out = tmp_path / "hub"
    out.mkdir()
    export_folder(toy_run.out, out)
    weights = next(out.rglob("*.safetensors"))
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(StoreError, match="is not as it was written: copy it again"):
        Predictor.of(out, device="cpu")
    weights.unlink()
    with pytest.raises(StoreError, match="is not a whole model"):
        Predictor.of(out, device="cpu")


def test_what_is_there_already_is_kept(toy_run: Run, tmp_path: Path):
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    for taken in (tmp_path, tmp_path / "mine"):
        with pytest.raises(ConfigError, match="is there already: name a new folder"):
            export_folder(toy_run.out, taken)
