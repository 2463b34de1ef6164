"""Objects on other backgrounds."""

from dataclasses import replace

import torch
from debugged import Looked, advance

from wsss.apps.debug.erase import believed, erase_all
from wsss.apps.debug.swap import DONORS, NOTHING, pasted, swaps

RED = 0


def erased(looked: Looked):
    return {
        RED: list(
            erase_all(
                looked.subject,
                looked.survey,
                cls=RED,
                images=believed(looked.survey, RED, most=3),
                clusters=None,
                advance=advance,
            )
        )
    }


def test_an_object_keeps_its_class_elsewhere_where_the_network_looks_at_it(plain: Looked):
    found = swaps(plain.subject, plain.survey, erased=erased(plain))
    assert len(found) == 9
    assert {each.donor for each in found} == {1, 2, NOTHING}
    assert all(each.kept > 0.9 for each in found)
    assert len(found) <= 3 * DONORS


def test_donors_do_not_show_the_class_and_follow_from_the_seed(plain: Looked):
    assert swaps(plain.subject, plain.survey, erased=erased(plain)) == swaps(
        plain.subject, plain.survey, erased=erased(plain)
    )


def test_the_region_is_the_images_and_the_rest_the_donors():
    image, donor = torch.zeros(3, 4, 6), torch.ones(3, 8, 12)
    region = torch.zeros(4, 6, dtype=torch.bool)
    region[1, 2] = True
    found = pasted(image, region, donor)
    assert found[:, 1, 2].tolist() == [0, 0, 0]
    assert float(found.sum()) == 3 * 23


def test_no_donor_shows_the_class(plain: Looked):
    tags = plain.survey.tags.copy()
    tags[:, 1:] = False
    looked = replace(plain.survey, tags=tags)
    assert {each.donor for each in swaps(plain.subject, looked, erased=erased(plain))} == {NOTHING}
