"""Classes as a part of a page: balance, and classes that hardly occur without another."""

import numpy as np
from audits import Example

from wsss.apps.audit.audited import Audited
from wsss.apps.audit.class_part import class_part
from wsss.apps.audit.names import CLASSES


def tagged(audited: Audited, tags: np.ndarray) -> Audited:
    other = Audited(artifacts=audited.artifacts)
    other.__dict__["shown"] = tags
    return other


def test_balance_counts_images_of_every_split(audit_example: Example):
    audited = audit_example.audited
    part, _, _ = class_part(audited)
    for c, row in enumerate(part.tables[0].rows):
        assert row[1] == audited.shown[:, c].sum() == row[3] + row[4]  # type: ignore[operator]


def test_classes_that_never_come_apart_are_a_finding(audit_example: Example):
    tags = np.zeros(audit_example.audited.shown.shape, dtype=bool)
    tags[:20, 0] = tags[:22, 1] = tags[30:60, 2] = True
    _, findings, numbers = class_part(tagged(audit_example.audited, tags))
    names = audit_example.audited.index.classes
    assert [finding.subject for finding in findings if finding.subject] == [names[0], names[1]]
    assert findings[0].sentence.startswith(f"Only 0 of 20 images of {names[0]} do not show {names[1]}")
    assert numbers == {CLASSES: 2.0}
    assert any(f"fewer than 5 images: {names[3]}" in finding.sentence for finding in findings)
