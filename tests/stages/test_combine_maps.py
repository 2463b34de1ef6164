"""Maps of two methods become one."""

from pathlib import Path

import pytest
import torch
from builders import score_maps
from toy_runs import Run, drawn_index, drawn_maps, job

from wsss.engine.stage import Job
from wsss.errors import DataError
from wsss.stages.combine_maps import CombineMaps, combined
from wsss.store.files import read_scores
from wsss.store.store import Store
from wsss.types import ScoreMaps


def test_scores_by_hand():
    maps = score_maps([1, 3], [[[0.64, 1.0]], [[1.0, 0.25]]])
    fine = score_maps([1, 3], [[[1.0, 0.0]], [[0.25, 0.25]]])
    after = combined(maps, fine, share=0.5)
    assert after.labels.tolist() == [1, 3]
    # The roots of the products are 0.8 and 0, 0.5 and 0.25; each over its own maximum.
    assert torch.allclose(after.scores, torch.tensor([[[1.0, 0.0]], [[1.0, 0.5]]]), atol=1e-4)


def test_the_share_is_that_of_the_fine_maps():
    flat, peaked = score_maps([1], [[[1.0, 1.0]]]), score_maps([1], [[[1.0, 0.01]]])
    most, least = (combined(flat, peaked, share=share).scores[0, 0, 1].item() for share in (0.75, 0.25))
    assert most == pytest.approx(0.01**0.75, rel=1e-3)
    assert least == pytest.approx(0.01**0.25, rel=1e-3)


def test_what_one_method_does_not_see_is_the_others_to_say():
    seen, unseen = score_maps([2], [[[0.25, 1.0]]]), score_maps([2], [[[0.0, 0.0]]])
    for pair in ((seen, unseen), (unseen, seen)):
        assert torch.allclose(combined(*pair, share=0.5).scores, torch.tensor([[[0.25, 1.0]]]), atol=1e-4)
    assert combined(unseen, unseen, share=0.5).scores.tolist() == [[[0.0, 0.0]]]


def test_maps_that_nowhere_meet_are_added():
    apart = score_maps([2], [[[1.0, 0.0]]]), score_maps([2], [[[0.0, 1.0]]])
    assert torch.allclose(combined(*apart, share=0.5).scores, torch.ones(1, 1, 2), atol=1e-4)


def test_an_image_without_classes_has_no_map():
    nothing = score_maps([], torch.zeros(0, 1, 2), size=(4, 8))
    assert len(combined(nothing, nothing, share=0.5).labels) == 0


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5])
def test_a_share_leaves_something_to_both(share: float):
    with pytest.raises(ValueError, match="fine_share must lie between 0 and 1"):
        CombineMaps(fine_share=share)


def work(folder: Path, *, maps: ScoreMaps, fine: ScoreMaps) -> Job:
    """What the stage is given of one image."""
    store = Store(root=folder)
    return job(
        store,
        "combine_maps",
        index=drawn_index(store, {"a": [[0, 2]]}),
        maps=drawn_maps(store, "extract_cams", {"a": maps}),
        fine=drawn_maps(store, "extract_fine", {"a": fine}),
    )


def test_files_hold_what_was_combined(tmp_path: Path):
    maps, fine = score_maps([2], [[[1.0, 0.5]]]), score_maps([2], [[[0.5, 1.0]]])
    made = work(tmp_path, maps=maps, fine=fine)
    assert CombineMaps(fine_share=0.3).run(made) == {"images": 1, "made": 1, "splits": ["train"]}
    found = read_scores(made.artifact.items / "a.npz").scores
    assert torch.allclose(found, combined(maps, fine, share=0.3).scores, atol=1e-2)


def test_what_follows_reads_the_product(toy_run: Run):
    steps = toy_run.plan("stages=[fine,irn,threshold]", "refine=irn")
    for name in ("refine_cams", "confident_labels", "choose_threshold"):
        assert steps[name].inputs["maps"].stage == "combine_maps", name


def test_maps_of_other_labels_name_both_files(tmp_path: Path):
    made = work(tmp_path, maps=score_maps([2], [[[1.0, 0.5]]]), fine=score_maps([3], [[[0.5, 1.0]]]))
    with pytest.raises(DataError, match=r"extract_cams.*a\.npz and .*extract_fine.*a\.npz are of different labels"):
        CombineMaps().run(made)
