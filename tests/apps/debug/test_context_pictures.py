"""Pictures of contexts."""

import numpy as np
from debugged import Looked, advance

from wsss.apps.debug.context_pictures import counterfactual_sheet, mosaic
from wsss.apps.debug.erase import believed, erase_all
from wsss.draw.panels import PicturePanel
from wsss.metrics.cell_clusters import CellClusters

BLUE = 2


def test_a_row_shows_what_is_erased(plain: Looked):
    erased = list(
        erase_all(
            plain.subject,
            plain.survey,
            cls=BLUE,
            images=believed(plain.survey, BLUE, most=2),
            clusters=None,
            advance=advance,
        )
    )
    sheet = counterfactual_sheet(plain.subject, plain.survey, erased, cls=BLUE, origin="truth")
    assert sheet.columns == ("image", "map of blue", "object erased", "context erased")
    without, alone = (panel for panel in sheet.rows[0].panels if isinstance(panel, PicturePanel))
    blue = [np.mean(panel.picture[..., 2] > 180) for panel in (without, alone)]
    assert blue[0] == 0
    assert blue[1] > 0.05


def test_crops_are_of_one_image_each(plain: Looked):
    clusters = CellClusters.of(plain.survey.cells)
    found = mosaic(plain.subject, plain.survey, cls=BLUE, cluster=0, clusters=clusters, lift=1.0)
    assert 1 <= len(found.pictures) <= 12
    assert all(max(crop.shape) == 88 for crop in found.pictures)
