"""Pictures of an audit keep the proportions of what they show."""

import numpy as np
import pytest
from audits import Example

from wsss.apps.audit.pictures import GROUND, placed, side_by_side, suspect_sheet


@pytest.mark.parametrize(("shape", "like"), [((40, 80), (80, 40)), ((30, 30), (40, 120)), ((300, 500), (50, 50))])
def test_an_image_is_placed_whole(shape: tuple[int, int], like: tuple[int, int]):
    found = placed(np.zeros((*shape, 3), dtype=np.uint8), np.zeros((*like, 3), dtype=np.uint8))
    assert found.shape[0] / found.shape[1] == pytest.approx(like[0] / like[1], rel=0.03)
    rows, columns = np.nonzero(found[:, :, 0] < GROUND // 2)
    assert np.ptp(rows) + 1 == pytest.approx((np.ptp(columns) + 1) * shape[0] / shape[1], rel=0.05)


def test_a_suspect_is_shown_with_its_evidence_and_neighbours(audit_example: Example):
    audited = audit_example.audited
    sheet = suspect_sheet(audited, audited.tags.suspects[:4], title="first")
    for row, suspect in zip(sheet.rows, audited.tags.suspects, strict=False):
        assert row.id == audited.tags.images[suspect.image]
        assert row.panels[0].words == f"add {audited.tags.classes[suspect.cls].name}?"
        assert row.panels[2].missing == (suspect.thief is None)


def test_groups_stand_in_rows(audit_example: Example):
    sheet = side_by_side(audit_example.audited, [(0, 1, 2, 3, 4), (5,)], title="groups", words=["many", "one"])
    assert [[panel.missing for panel in row.panels] for row in sheet.rows] == [[False] * 4, [False, True, True, True]]
