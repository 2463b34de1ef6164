"""Drift as a part of a page: splits of one source are alike, a changed one is a finding."""

from dataclasses import replace

import numpy as np
from audits import Example

from wsss.apps.audit.audited import Audited
from wsss.apps.audit.drift_part import drift_part
from wsss.apps.audit.names import DRIFT


def moved(audited: Audited, split: str) -> Audited:
    """The same audit, as if all images of a split had other embeddings."""
    rows = audited.embedded.rows.copy()
    ids = set(audited.index.splits[split])
    rows[[record.id in ids for record in audited.embedded.records]] += np.float16(0.3)
    other = Audited(artifacts=audited.artifacts)
    other.__dict__["embedded"] = replace(audited.embedded, rows=rows)
    return other


def test_splits_of_one_source_are_alike(audit_example: Example):
    part, findings, numbers = drift_part(audit_example.audited, train="train", top=2)
    assert findings == []
    assert numbers[DRIFT] < 0.7
    assert part.tables[0].rows[0][0] == "val"


def test_a_changed_split_is_a_finding(audit_example: Example):
    _, (finding,), numbers = drift_part(moved(audit_example.audited, "val"), train="train", top=2)
    assert numbers[DRIFT] > 0.9
    assert finding.subject == "val"
    assert [len(mosaic.pictures) for mosaic in finding.mosaics] == [2, 2]


def test_a_split_of_few_images_is_not_judged(audit_example: Example):
    audited = Audited(artifacts=audit_example.audited.artifacts)
    index = audit_example.audited.index
    audited.__dict__["index"] = replace(index, splits={"train": index.splits["train"], "few": index.splits["val"][:4]})
    part, findings, numbers = drift_part(audited, train="train", top=2)
    assert (findings, numbers) == ([], {})
    assert part.sentence.endswith("Too few images to judge: few.")
