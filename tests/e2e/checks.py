"""What comes out of inputs that are odd and good, and what is left after a fault."""

from collections.abc import Callable

import numpy as np
import torch
from e2e.trial import Trial

from wsss.data.datasets import ClassifierData, SegmenterData
from wsss.data.images import read_image
from wsss.data.transforms import ClassifierTransform, SegmenterTransform
from wsss.models.normalisation import IMAGENET
from wsss.store.files import MASK, SCORES, item_name, read_mask_item, read_scores, write_mask
from wsss.store.networks import WEIGHTS
from wsss.types import Size

Check = Callable[[Trial], None]


def all_of(*every: Check) -> Check:
    """One after the other."""

    def check(trial: Trial) -> None:
        for each in every:
            each(trial)

    return check


def indexed(**images: list[str]) -> Check:
    """The index holds these images, and they can be read where it says."""
    return holding(images)


def holding(images: dict[str, list[str]]) -> Check:
    """The same for ids that are no names of Python's."""

    def check(trial: Trial) -> None:
        index = trial.index()
        found = {i: [index.classes[c] for c in record.classes] for i, record in index.records.items()}
        assert found == images
        for record in index.records.values():
            assert read_image(index.image_path(record)).shape[:2] == record.size.over(1)

    return check


def sized(image_id: str, *, width: int, height: int) -> Check:
    """The index knows the size of an image."""

    def check(trial: Trial) -> None:
        assert trial.index().records[image_id].size == Size(height=height, width=width)

    return check


def drawn(image_id: str, *, masks: bool = True) -> Check:
    """The trainings can draw the image, however small or large it is; with `masks` that of the segmenter too."""

    def check(trial: Trial) -> None:
        index = trial.index()
        record = index.records[image_id]
        common = {"index": index, "records": [record], "normalisation": IMAGENET, "random_seed": 0}
        first = ClassifierData(transform=ClassifierTransform(long_side=(40, 60), crop=48), **common)[3, 0]
        assert first.image.shape == (48, 48, 3)
        if masks:
            mask = trial.folder / "mask.png"
            write_mask(mask, np.ones(record.size.over(1), dtype=np.uint8))
            second = SegmenterData(transform=SegmenterTransform(crop=48), mask_of=lambda _: mask, **common)[3, 0]
            assert 1 in second.labels

    return check


def every_stage_made_something(trial: Trial) -> None:
    """Maps are finite and fit their images, a negative has none, masks are whole, and the page says what is missing."""
    records = trial.index().records
    items = trial.artifact("extract_cams").items
    maps = {i: read_scores(items / item_name(i, SCORES)) for i in trial.index().splits["train"]}
    for i, found in maps.items():
        assert bool(found.scores.isfinite().all())
        assert found.size == records[i].size
        assert len(found.labels) == len(records[i].classes)
    assert len(maps["nothing"].labels) == 0
    for i, record in records.items():
        mask = read_mask_item(trial.artifact("predict_masks").items / item_name(i, MASK))
        assert mask.shape == record.size.over(1)
    page = (trial.folder / "out" / "report.html").read_text(encoding="utf-8")
    assert (
        "left out (dataset.on_bad_image=skip), 1 of 9 images, which cannot be read: images/cut.png is damaged" in page
    )


def noted(text: str) -> Check:
    """What is left out is in the index, in the log and in the summary that the report takes its notes from."""

    def check(trial: Trial) -> None:
        artifact = trial.artifact("index_data")
        (note,) = artifact.manifest().summary["notes"]
        assert text in note
        assert trial.index().notes == (note,)
        assert note in (artifact.path / "log.txt").read_text(encoding="utf-8")

    return check


def nothing_was_trained(trial: Trial) -> None:
    """The refusal came before the first training."""
    assert trial.store.artifacts("train_classifier") == []


def goes_on(stage: str, pattern: str, *, finished: int) -> Check:
    """So many files of a stage are finished; the same command ends well, and does not make them again."""

    def check(trial: Trial) -> None:
        files = {path: path.stat().st_mtime_ns for path in trial.artifact(stage).path.rglob(pattern)}
        assert len(files) == finished
        ended = trial.run()
        assert ended.code == 0, ended.said
        assert trial.artifact(stage).state() == "cached"
        kept = {path: time for path, time in files.items() if path.exists()}
        assert {path: path.stat().st_mtime_ns for path in kept} == kept

    return check


def keeps_a_good_checkpoint(trial: Trial) -> None:
    """That of the first epoch, with weights that are numbers."""
    state = torch.load(trial.artifact("train_classifier").checkpoints / "last.ckpt", weights_only=True)
    assert state["epoch"] == 0
    assert all(bool(tensor.isfinite().all()) for tensor in state["state_dict"].values())


def keeps_nothing_half_made(trial: Trial) -> None:
    """No checkpoint and no weights: no epoch was finished."""
    artifact = trial.artifact("train_classifier")
    assert [path.name for path in artifact.path.rglob("*") if path.name in ("last.ckpt", WEIGHTS)] == []


def says_in_its_summary(stage: str, text: str) -> Check:
    """The stage notes it for the report."""

    def check(trial: Trial) -> None:
        (note,) = trial.artifact(stage).manifest().summary["notes"]
        assert text in note

    return check


def has_items(stage: str, number: int) -> Check:
    """The stage made so many files."""

    def check(trial: Trial) -> None:
        assert len(list(trial.artifact(stage).items.iterdir())) == number

    return check


def finds_what_was_made(trial: Trial) -> None:
    """The artifact of before is the only one, and its images are where they lie today."""
    for record in trial.index().records.values():
        assert read_image(trial.index().image_path(record)).shape[:2] == record.size.over(1)
