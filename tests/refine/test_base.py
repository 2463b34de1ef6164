"""One background along a list of refiners."""

import pytest

from wsss.methods.affinity import PSAWalk
from wsss.refine import PAMR, AutoBackground, ConstantBackground, DenseCRF, PowerBackground
from wsss.refine.base import Refiner, background_problems

RULE, CRF, WALK = ConstantBackground(), DenseCRF(), PSAWalk()


@pytest.mark.parametrize(
    "chain",
    [
        {"background": RULE},
        {"background": AutoBackground(), "crf": CRF},
        {"background": PowerBackground(), "walk": WALK, "crf": CRF},
        {"walk": WALK, "background": RULE},
    ],
)
def test_one_rule_anywhere_before_what_needs_it(chain: dict[str, Refiner]):
    assert background_problems(chain, key="refine", given=False) == []


def test_every_mistake_has_its_own_line():
    chain = {"crf": CRF, "first": RULE, "pamr": PAMR(), "second": AutoBackground()}
    assert background_problems(chain, key="refine", given=False) == [
        "refine.crf: it chooses between labels: put a background rule before it",
        "refine.second: there is a background already: keep one rule, or none after a network",
    ]


@pytest.mark.parametrize("chain", [{}, {"walk": WALK}])
def test_a_list_must_end_with_a_background(chain: dict[str, Refiner]):
    (problem,) = background_problems(chain, key="foreground", given=False)
    assert problem == "foreground: no refiner adds a background: give at least a rule for it, as refine=background does"


def test_a_network_gives_the_background():
    assert background_problems({}, key="refine", given=True) == []
    assert background_problems({"pamr": PAMR(), "crf": CRF}, key="refine", given=True) == []
    (problem,) = background_problems({"background": RULE}, key="refine", given=True)
    assert problem.startswith("refine.background: there is a background already")
