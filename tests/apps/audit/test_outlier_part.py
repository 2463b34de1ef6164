"""Outliers as a part of a page."""

import numpy as np
from audits import Example

from wsss.apps.audit.names import OUTLIERS
from wsss.apps.audit.outlier_part import medoids, outlier_part
from wsss.audit.neighbours import distances


def test_the_most_distant_are_listed(audit_example: Example):
    audited = audit_example.audited
    part, findings, numbers = outlier_part(audited, top=3)
    far = distances(audited.neighbours)
    assert part.tables[0].rows[0][0] == audited.embedded.records[int(far.argmax())].id
    assert numbers[OUTLIERS] == sum(len(finding.images) for finding in findings)


def test_a_medoid_shows_its_class(audit_example: Example):
    audited = audit_example.audited
    found = medoids(audited)
    assert all(audited.shown[place, cls] for cls, place in found.items())
    assert sorted(found) == np.flatnonzero(audited.shown.any(axis=0)).tolist()
