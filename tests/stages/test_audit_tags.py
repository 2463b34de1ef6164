"""audit_tags: what was planted comes first; a classifier that learnt from the tags is not asked."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audits import Example
from toy_runs import job

from wsss.audit.ridge import fit
from wsss.audit.suspects import suspects
from wsss.engine.stage import Job
from wsss.errors import ConfigError, StoreError
from wsss.stages.audit_tags import TAGS, AuditTags, read_suspect_maps, tags_of
from wsss.stages.compare_images import read_compared
from wsss.store.store import Artifact, Store
from wsss.store.texts import read_json


def planted(example: Example, kind: str) -> list[bool]:
    file = example.audited.tags
    mistakes = example.missing if kind == "missing" else example.false
    return [
        (file.images[each.image], file.classes[each.cls].name) in mistakes
        for each in file.suspects
        if each.kind == kind
    ]


def inputs_of(example: Example) -> dict[str, Artifact]:
    artifacts = example.audited.artifacts
    return {
        "index": artifacts["index_data"],
        "embeddings": artifacts["embed_images"],
        "compared": artifacts["compare_images"],
    }


@pytest.mark.parametrize("kind", ["missing", "false"])
def test_planted_mistakes_are_listed(audit_example: Example, kind: str):
    # Of 74 images little can be learnt; `scripts/bench_tags.py` plants mistakes in more of them.
    found = planted(audit_example, kind)
    tags = audit_example.audited.shown
    chance = 6 / (tags.sum() if kind == "false" else (~tags).sum())
    assert np.mean(found) > 2 * chance
    assert sum(found) >= 3


def test_every_class_is_judged_and_suspects_have_their_maps(audit_example: Example):
    audited = audit_example.audited
    assert [each.name for each in audited.tags.classes] == list(audited.index.classes)
    own, thief = audited.maps
    assert own.shape == thief.shape == (len(audited.tags.suspects), 8, 8)
    assert not np.isnan(own).any()


def test_maps_of_other_suspects_are_refused(audit_example: Example):
    artifact = audit_example.audited.artifacts["audit_tags"]
    with pytest.raises(StoreError, match=r"maps\.npz holds no maps of suspects"):
        read_suspect_maps(artifact, suspects=len(audit_example.audited.tags.suspects) + 1)


def test_tags_are_what_labels_say(audit_example: Example):
    records = audit_example.audited.embedded.records
    tags = tags_of(records, classes=4)
    assert [tuple(np.flatnonzero(row)) for row in tags] == [record.classes for record in records]


def test_twins_are_left_out_together_and_no_more_pairs_of_a_kind_are_kept_than_are_asked_for(
    audit_example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    handed: dict[str, Any] = {}

    def noting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any, **options: Any) -> Any:
            handed[name] = options[name]
            return function(*given, **options)

        return noted

    monkeypatch.setattr("wsss.stages.audit_tags.fit", noting("groups", fit))
    monkeypatch.setattr("wsss.stages.audit_tags.suspects", noting("about", suspects))
    own = job(Store.at(tmp_path / "own"), "audit_tags", **inputs_of(audit_example))
    own.artifact.items.mkdir(parents=True)
    AuditTags(reads={}, most=5).run(own)
    twins = read_compared(own.inputs["compared"]).duplicates
    assert twins
    assert all(any({each.first, each.second} <= set(group) for group in handed["groups"]) for each in twins)
    file = read_json(own.artifact.items / TAGS, dict)
    assert [each["kind"] for each in file["suspects"]] == ["missing"] * 5 + ["false"] * 5
    missing, false = (sum(each[key] for each in file["classes"]) for key in ("about_missing", "about_false"))
    assert missing != false
    assert handed["about"] == pytest.approx((missing, false))


def test_a_classifier_that_learnt_from_the_tags_is_not_asked(audit_example: Example, monkeypatch: pytest.MonkeyPatch):
    artifacts = audit_example.audited.artifacts
    module: Any = "wsss.stages.audit_tags"
    read = __import__(module, fromlist=["read_job_of"]).read_job_of

    def learnt(artifact: Artifact) -> Any:
        job = read(artifact)
        config = {**job.config, "network": None, "reads": {"index": "index_data", "classifier": "train_classifier"}}
        return job.model_copy(update={"config": config})

    monkeypatch.setattr(f"{module}.read_job_of", learnt)
    job = Job(artifact=replace(artifacts["audit_tags"], fingerprint="0" * 16), inputs=inputs_of(audit_example))
    with pytest.raises(ConfigError, match=r"reads\.embeddings: embed_images asks the run's classifier"):
        AuditTags(reads={}).run(job)
