"""Overrides that Hydra does not take are answered in words of the command line."""

import pytest

from wsss.config.compose import composed, resolved
from wsss.config.refused import unreadable
from wsss.errors import ConfigError
from wsss.run.plan import build_stages


def problem_of(*overrides: str) -> str:
    with pytest.raises(ConfigError) as refused:
        resolved(composed(list(overrides), build=build_stages))
    (problem,) = refused.value.problems
    return problem


@pytest.mark.parametrize("value", ["0,", ",1", "0,,1", "0, ,1", "[irn,]", "[,irn]", "choice(0,1,)", ","])
def test_an_empty_entry_of_a_list_is_said_to_be_empty(value: str) -> None:
    assert unreadable(f"random_seed={value}") == (
        f"random_seed={value}: an entry of the list is empty: write a value there, or leave out the comma"
    )


@pytest.mark.parametrize("value", ["my photos {1}", '"a,,b', "'a,' {", "a (1, 2) {"])
def test_another_value_is_written_as_a_text(value: str) -> None:
    assert "is not a list, a number or a plain text; as a text, write " in unreadable(f"dataset.root={value}")


def test_a_group_that_may_be_empty_is_emptied_by_a_list() -> None:
    start = "refine@predict.refine=null: write refine@predict.refine=[] for none, or name one of auto, background, "
    assert problem_of("refine@predict.refine=null").startswith(start)
    assert not composed(["refine@predict.refine=[]"], build=build_stages).predict.get("refine")


@pytest.mark.parametrize("value", ["null", "3", "true"])
def test_a_group_that_a_run_needs_is_answered_with_its_options(value: str) -> None:
    assert problem_of(f"logger={value}").startswith(f"logger={value}: name one of csv, ")


@pytest.mark.parametrize("value", ["[null]", "[crf,3]", "[true]", "[[crf]]"])
def test_a_list_of_options_holds_their_names_alone(value: str) -> None:
    start = f"refine={value}: a list of options holds their names alone: auto, background, "
    assert problem_of(f"refine={value}").startswith(start)


def test_a_group_that_is_emptied_and_needed_is_named() -> None:
    assert problem_of("cam=[]") == "cam: nothing is chosen or set there, and a run needs it"
