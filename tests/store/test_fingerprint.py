"""Fingerprints: what changes a result changes them, and nothing else does."""

import pathlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wsss.config.build import build
from wsss.configurable import Configurable
from wsss.errors import ConfigError
from wsss.refine import Refiner
from wsss.store.fingerprint import LENGTH, contents, fingerprint, identity


@dataclass(frozen=True, kw_only=True)
class Rule(Configurable):
    """A background rule, as one of the package's own."""

    __module__ = "wsss.rules"

    exponent: float = 1.0
    steps: int | float = 1


@dataclass(frozen=True, kw_only=True)
class Prior(Configurable):
    """A refiner with a file of weights, as one of the package's own."""

    __module__ = "wsss.priors"

    weights: Path
    strength: float = 2

    def content(self) -> dict[str, tuple[Path, ...]]:
        return {"weights": (self.weights,)}


@dataclass(frozen=True, kw_only=True)
class Refine(Configurable):
    """A stage with refiners, as one of the package's own."""

    __module__ = "wsss.stages"

    refine: dict[str, Configurable] = field(default_factory=dict)
    rule: Rule = field(default_factory=Rule)
    scales: tuple[float, ...] = (1.0, 0.5)
    reads: dict[str, str] = field(default_factory=dict)
    runtime: str = "cpu"


@dataclass(frozen=True, kw_only=True)
class Elsewhere(Configurable):
    """A class of another package: this module is its code."""


def of(stage: Configurable, **changes: Any) -> str:
    options: dict[str, Any] = {"name": "refine_cams", "digests": {}, "inputs": {"maps": "11"}, **changes}
    digests = options.pop("digests")
    return fingerprint(identity(stage, digests=digests), **options)


def test_is_short_and_the_same_in_every_release() -> None:
    assert re.fullmatch(f"[0-9a-f]{{{LENGTH}}}", of(Refine()))
    # A change here makes every store of every user anew: do it on purpose only.
    assert of(Refine()) == "58a22239a1a76542"


def test_an_object_is_its_name_its_version_and_what_differs_from_the_defaults() -> None:
    rule = {"class": "wsss:Rule", "version": 1, "code": None, "fields": {"exponent": 3.0}}
    fields = {"scales": [1.0], "refine": [["a", rule]]}
    stage = Refine(scales=(1,), refine={"a": Rule(exponent=3)}, reads={"maps": "fine"}, runtime="cuda")
    assert identity(stage, digests={}) == {"class": "wsss:Refine", "version": 1, "code": None, "fields": fields}


def test_a_moved_class_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    before = of(Refine(refine={"a": Rule()}))
    monkeypatch.setattr(Rule, "__module__", "wsss.moved.rules")
    assert of(Refine(refine={"a": Rule()})) == before


def test_an_option_that_is_new_changes_nothing_at_its_default() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Grown(Rule):
        __module__ = "wsss.rules"
        smooth: bool = False

    Grown.__name__ = "Rule"
    assert of(Refine(refine={"a": Grown(exponent=2)})) == of(Refine(refine={"a": Rule(exponent=2)}))
    assert of(Refine(refine={"a": Grown(smooth=True)})) != of(Refine(refine={"a": Rule()}))


@pytest.mark.parametrize(
    "stage",
    [
        Refine(rule=Rule()),
        Refine(rule=Rule(exponent=1, steps=1)),
        Refine(scales=(1, 0.5), refine={}),
        Refine(reads={"maps": "extract_fine"}),
        Refine(runtime="cuda"),
    ],
    ids=["default object", "default fields", "defaults as whole numbers", "reads", "runtime"],
)
def test_what_changes_no_result_does_not_count(stage: Refine) -> None:
    assert of(stage) == of(Refine())


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "smooth_cams"},
        {"inputs": {"maps": "22"}},
        {"inputs": {"maps": "11", "index": "33"}},
        {"stage": Refine(rule=Rule(exponent=2))},
        {"stage": Refine(rule=Rule(steps=1.0))},
        {"stage": Refine(scales=(0.5, 1.0))},
        {"stage": Refine(scales=(1.0, 0.5, 0.5))},
        {"stage": Refine(refine={"a": Rule()})},
        {"stage": Elsewhere()},
    ],
    ids=["name", "input", "one more input", "inner field", "a share, not one step", "order", "longer", "more", "class"],
)
def test_what_changes_a_result_counts(changes: dict[str, Any]) -> None:
    changed = {"stage": Refine(), **changes}
    assert of(**changed) != of(Refine())


def test_refiners_count_in_their_order_and_by_their_names() -> None:
    prints = [{"a": Rule(), "b": Rule(exponent=2)}, {"b": Rule(exponent=2), "a": Rule()}, {"a": Rule(), "c": Rule()}]
    assert len({of(Refine(refine=chain)) for chain in prints}) == 3


def test_10_and_10_0_are_one() -> None:
    def written(exponent: float) -> str:
        config = {"_target_": "wsss.refine.PowerBackground", "exponent": exponent}
        return of(Refine(refine={"background": build(config, Refiner)}))

    assert written(10) == written(10.0) != written(10.5)
    assert of(Refine(rule=Rule(exponent=10))) == of(Refine(rule=Rule(exponent=10.0)))


def test_a_file_counts_by_its_bytes_and_not_by_its_path() -> None:
    here, there = Refine(refine={"p": Prior(weights=Path("w.pt"))}), Refine(refine={"p": Prior(weights=Path("v.pt"))})
    assert contents(here) == {"refine.p.weights": (Path("w.pt"),)}
    assert contents([{"x": here}]) == {"0.x.refine.p.weights": (Path("w.pt"),)}
    digests = {"refine.p.weights": "aa"}
    assert of(here, digests=digests) == of(there, digests=digests) != of(here, digests={"refine.p.weights": "bb"})
    assert of(here) != of(there)  # a path counts where nothing is known of what lies there


def test_the_bytes_of_a_file_that_a_default_names_count() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Guided(Configurable):
        __module__ = "wsss.stages"
        prior: Prior = field(default_factory=lambda: Prior(weights=Path("w.pt")))

    assert of(Guided(), digests={"prior.weights": "aa"}) != of(Guided(), digests={"prior.weights": "bb"})


def test_a_raised_version_changes_what_holds_that_class_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = [Refine(refine={"a": Rule()}), Refine(refine={"a": Prior(weights=Path("w.pt"))}, rule=None)]
    before = [of(stage) for stage in stages]
    monkeypatch.setattr(Rule, "version", 2)
    after = [of(stage) for stage in stages]
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_raised_version_counts_in_a_default_too(monkeypatch: pytest.MonkeyPatch) -> None:
    before = of(Refine())
    monkeypatch.setattr(Rule, "version", 2)
    assert of(Refine()) != before


def test_a_raised_version_counts_for_all_that_extend_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Steep(Rule):
        __module__ = "wsss.rules"
        version = 2

    before = of(Refine(refine={"a": Steep()}))
    monkeypatch.setattr(Rule, "version", 2)
    assert of(Refine(refine={"a": Steep()})) != before


def test_the_code_of_a_class_from_outside_counts() -> None:
    assert contents(Rule()) == {}
    assert contents(Elsewhere()) == {"_target_": (Path(__file__),)}
    assert contents({"a": Elsewhere()}) == {"a._target_": (Path(__file__),)}
    assert identity(Elsewhere(), digests={"_target_": "aa"})["code"] == "aa"
    assert identity(Elsewhere(), digests={})["class"].endswith(":Elsewhere")


def test_code_that_an_object_names_otherwise_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rule, "code", lambda _: (Path(__file__),))
    assert contents(Rule()) == {"_target_": (Path(__file__),)}
    assert identity(Rule(), digests={"_target_": "aa"})["code"] == "aa"


def test_the_code_of_what_a_class_from_outside_extends_counts() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Below(Elsewhere):
        __module__ = "pathlib"

    assert contents(Below()) == {"_target_": (Path(pathlib.__file__), Path(__file__))}


def test_a_class_whose_code_cannot_be_found_is_refused() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Typed(Configurable):
        __module__ = "sys"

    with pytest.raises(ConfigError, match="Typed: module sys has no file"):
        contents(Typed())


def test_content_of_what_is_not_a_field_is_refused() -> None:
    """Its bytes would be part of nothing."""

    @dataclass(frozen=True, kw_only=True)
    class Misspelt(Prior):
        def content(self) -> dict[str, tuple[Path, ...]]:
            return {"wieghts": (self.weights,)}

    with pytest.raises(TypeError, match=r"Misspelt\.content names wieghts: name fields that count"):
        contents(Misspelt(weights=Path("w.pt")))


def test_a_value_without_an_identity_is_named() -> None:
    with pytest.raises(TypeError, match=r"refine\.a: object has no identity: let it extend Configurable"):
        of(Refine(refine={"a": object()}))


def test_a_raised_version_of_the_stage_itself_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = of(Refine())
    monkeypatch.setattr(Refine, "version", 2, raising=False)
    assert of(Refine()) != before


def test_a_switch_is_not_a_number() -> None:
    assert identity(True, digests={}, floats=True) is True
    assert isinstance(identity(1, digests={}, floats=True), float)
