"""Tables of contexts, and findings on company."""

from dataclasses import replace

import numpy as np
import pytest
from debugged import Looked

from wsss.apps.debug.context_tables import company_findings, company_tables, swap_table
from wsss.apps.debug.swap import NOTHING, Swapped

NAMES = ("red", "green", "blue")


def test_swaps_are_means_by_background_the_least_first():
    found = [Swapped(cls=0, donor=d, kept=k) for d, k in ((1, 0.9), (1, 0.7), (NOTHING, 0.2))]
    assert swap_table(found, names=NAMES).rows == (("red", "no class", 1, 0.2), ("red", "green", 2, pytest.approx(0.8)))


def test_a_class_that_needs_another_is_a_finding(plain: Looked):
    """On val, red is 90 % sure with green, and 30 % without."""
    looked = plain.survey
    tags, p = np.zeros_like(looked.tags), np.full_like(looked.probabilities, 0.5)
    on = looked.of(["val"])
    tags[on[:20], 0] = tags[on[:12], 1] = True
    p[on[:12], 0], p[on[12:20], 0] = 0.9, 0.3
    known = replace(looked, tags=tags, probabilities=p)
    first, *_ = company_findings(known, classes=NAMES, split="val")
    assert "gives red 90 % where there is green, too, and 30 % where there is none (12 and 8 images of val)" in (
        first.sentence
    )
    assert company_tables(known, names=NAMES, split="val")[1].rows[0][-1] == pytest.approx(3)


def test_classes_that_are_never_apart_are_a_finding(plain: Looked):
    tags = np.zeros_like(plain.survey.tags)
    tags[:20, 0] = tags[:21, 1] = True
    known = replace(plain.survey, tags=tags, probabilities=np.full(tags.shape, 0.5))
    sentences = [each.sentence for each in company_findings(known, classes=NAMES, split="val")]
    assert any("0 images of 20 with red are without green" in sentence for sentence in sentences)


def test_nothing_goes_together_here(plain: Looked):
    assert list(company_findings(plain.survey, classes=NAMES, split="val")) == []
