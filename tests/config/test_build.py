"""Objects from config: everything that is wrong, at once, by dotted key."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from wsss.config.build import build, build_into, check_all
from wsss.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Part:
    """An option of a whole."""

    size: int = 1

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError(f"size must not be negative, got {self.size}")


@dataclass(frozen=True, kw_only=True)
class Whole:
    """One of every kind of field."""

    part: Part
    parts: dict[str, Part] = field(default_factory=dict)
    scales: tuple[float, ...] = (1.0,)
    place: Path = Path()
    kind: Literal["a", "b"] = "a"
    most: int | None = None
    maybe: Part | None = None


PART = {"_target_": f"{__name__}.Part"}
WHOLE = {"_target_": f"{__name__}.Whole", "part": {**PART, "size": 3}}


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are imported by path; a `_target_` is found by name."""
    import sys
    import types

    module = types.ModuleType(__name__)
    module.Part, module.Whole = Part, Whole  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, __name__, module)


def problems_of(node: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as refused:
        build(node, Whole, key="whole")
    return refused.value.problems


def test_values_get_their_declared_types() -> None:
    made = build({**WHOLE, "scales": [1, 2.5], "place": "a b/it's", "most": None, "maybe": dict(PART)}, Whole)
    assert made == Whole(part=Part(size=3), scales=(1.0, 2.5), place=Path("a b/it's"), maybe=Part())


def test_named_parts_keep_their_order() -> None:
    made = build({**WHOLE, "parts": {"z": {**PART, "size": 2}, "a": dict(PART)}}, Whole)
    assert list(made.parts.items()) == [("z", Part(size=2)), ("a", Part(size=1))]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sizes": 1}, "whole.sizes: Whole has no such option; it has part, parts"),
        ({"sizes": 1}, "(if an experiment sets it: '~whole.sizes' on the command line takes it away)"),
        ({"part": {"size": 2}}, "got {'size': 2} (if an experiment sets it: '~whole.part' on the command line"),
        ({"scale": [1]}, "did you mean 'scales'?"),
        ({"most": "3"}, "whole.most: input should be a valid integer, got '3'"),
        ({"scales": [1, "b"]}, "whole.scales.1: input should be a valid number, got 'b'"),
        ({"scales": "b"}, "whole.scales: expected a list, got 'b': put it in brackets, [b]"),
        ({"scales": {"b": 1}}, "whole.scales: expected a list, got {'b': 1}"),
        ({"place": ""}, "whole.place: is empty, which would be the current folder: name a file or folder, or write ."),
        ({"kind": "c"}, "whole.kind: input should be 'a' or 'b', got 'c'"),
        ({"part": 3}, "whole.part: expected a mapping with _target_, a Part; got 3"),
        ({"part": "???"}, "whole.part: has no value"),
        ({"part": {**PART, "size": -1}}, "whole.part: size must not be negative, got -1"),
        ({"part": {"_target_": "wsss.nowhere.Part"}}, "whole.part._target_: there is no class wsss.nowhere.Part"),
        ({"part": {"_target_": "wsss.masks.Argmax"}}, "whole.part: wsss.masks.Argmax is not a Part"),
        ({"part": {"_target_": "wsss.masks.strongest"}}, "is not a class with options"),
        ({"parts": {"x": {**PART, "size": True}}}, "whole.parts.x.size: input should be a valid integer"),
    ],
)
def test_a_mistake_is_named_by_its_key(change: dict[str, Any], said: str) -> None:
    (problem,) = problems_of({**WHOLE, **change})
    assert said in problem


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_is_finite(number: float) -> None:
    assert problems_of({**WHOLE, "scales": [1, number]}) == (
        f"whole.scales.1: input should be a finite number, got {number}",
    )


def test_all_mistakes_are_named_at_once() -> None:
    found = problems_of({"_target_": WHOLE["_target_"], "kind": "c", "most": "x", "other": 1})
    assert len(found) == 4
    assert "whole.part: Whole needs this option" in found


def test_problems_can_be_gathered_without_raising() -> None:
    problems: list[str] = []
    build_into(problems, "x", expected=int, key="n")
    assert problems == ["n: input should be a valid integer, got 'x'"]


def test_check_all_says_each_refusal_once() -> None:
    class Refusing:
        def check(self) -> None:
            raise ConfigError(["too large"])

    with pytest.raises(ConfigError) as refused:
        check_all([("a", Refusing().check), ("b", Refusing().check)])
    assert refused.value.problems == ("a: too large",)
