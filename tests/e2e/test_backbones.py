"""Networks with more than plain maps, through the whole pipeline: trained with frozen blocks, cut, and reported."""

import json
from pathlib import Path

import pytest
from toy_runs import finished

OWN_ENCODER = (
    "segmenter.encoder_weights=none",
    "fit.classifier.frozen_until=block1",
    "fit.classifier.batch_norm=learning",
)
RUNS = {
    "adcam": ("classifier.backbone=test_vit", "classifier.output_stride=16"),
    "caa": ("classifier.backbone=test_vit", "classifier.output_stride=16"),
    "vscam": ("classifier.backbone=vig_ti_224", "classifier.output_stride=16"),
}


@pytest.mark.parametrize("cam", RUNS)
def test_a_run_ends_in_scores_and_a_report(cam: str, tmp_path: Path) -> None:
    made = finished(tmp_path / "store", tmp_path / "out", (f"cam={cam}", *RUNS[cam], *OWN_ENCODER))
    scores = json.loads((tmp_path / "out" / "scores.json").read_text(encoding="utf-8"))
    assert 0 < scores["extract_cams"]["train"]["miou"] < 1
    assert 0 < scores["predict_masks"]["val"]["miou"] < 1
    assert cam in (tmp_path / "out" / "report.html").read_text(encoding="utf-8").lower()
    assert "report.html" in made.printed
