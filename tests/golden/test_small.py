"""The numbers of the session's run on twelve drawn images: meaningless as scores, and moved by nearly every mistake."""

import json
from pathlib import Path

from toy_runs import Run

GOLDEN = json.loads(Path(__file__).with_name("small.json").read_text(encoding="utf-8"))
TOLERANCE = 1e-3
"""First weights follow from the seed, and one epoch amplifies little: plain kernels without vector instructions or
oneDNN move the network's predictions by 7e-5, and all before it by nothing. A change in the drawing, the training, the
maps or the masks moves it by more than this."""


def test_every_stage_scores_what_it_scored(toy_run: Run) -> None:
    scores = json.loads((toy_run.out / "scores.json").read_text(encoding="utf-8"))
    assert scores.keys() == GOLDEN.keys()
    moved = [
        f"{stage} {split} {metric}: {scores[stage][split][metric]:.4f}, not {value}"
        for stage, splits in GOLDEN.items()
        for split, metrics in splits.items()
        for metric, value in metrics.items()
        if abs(scores[stage][split][metric] - value) > TOLERANCE
    ]
    assert moved == [], "where it is meant, say why and write the new numbers into small.json"
