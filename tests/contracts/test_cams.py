"""The contract of every CAM method, on networks made by hand and on every family of classifiers."""

from functools import partial
from typing import Any

import pytest
from at_once import each
from builders import defined
from torch import nn

from wsss import cams
from wsss.cams import CAMMethod
from wsss.models import backbones
from wsss.models.cuts import families
from wsss.models.cuts.chain import Chained
from wsss.testing.cams import PROMISES, Case, fits, no_tensor_outlives_its_call, pairs
from wsss.testing.families import FAMILIES, small_family_network
from wsss.testing.small import small_networks

QUICK: dict[type[CAMMethod], dict[str, int]] = {cams.RISE: {"masks": 32}}
"""Options of methods that would take minutes here as they are."""
METHODS: list[CAMMethod] = [cls(**QUICK.get(cls, {})) for cls in defined(cams, CAMMethod)]
PAIRS = pairs(METHODS)


def name_of(value: Any) -> str:
    return value.replace(" ", "_") if isinstance(value, str) else type(value).__name__


def test_every_method_fits_a_network_here():
    assert {name_of(method) for method, _ in PAIRS} == {name_of(method) for method in METHODS}


def test_every_network_is_fitted_by_a_method():
    assert {name for _, name in PAIRS} == set(small_networks())


def test_every_family_is_here():
    here = {families.family_of(small_family_network(family).backbone) for family in FAMILIES}
    own = {f"{cls.__module__}.{cls.__qualname__}" for cls in defined(backbones, nn.Module) if issubclass(cls, Chained)}
    assert own
    assert here == {*families.FAMILIES, *own}


@pytest.mark.parametrize(("method", "network"), PAIRS, ids=name_of)
def test_a_method_keeps_every_promise(method: CAMMethod, network: str):
    case = Case(method=method, network=small_networks()[network])
    each({promise.__name__: partial(promise, case) for promise in PROMISES})


@pytest.mark.parametrize("method", METHODS, ids=name_of)
def test_no_tensor_outlives_its_call(method: CAMMethod):
    network = next(each for each in small_networks().values() if fits(method, each))
    no_tensor_outlives_its_call(Case(method=method, network=network))
