"""Names joined by commas, and pairs of an option that is given several times."""

import pytest

from wsss.apps.lists import as_mapping, listed, names_in
from wsss.errors import ConfigError


def test_names_are_split_at_commas():
    assert listed(" sky, the sea ,,grass") == ("sky", "the sea", "grass")
    assert names_in("cat, dog,", known=("dog", "cat", "cow"), key="--classes") == ("cat", "dog")


def test_a_name_with_a_comma_can_stand_alone():
    assert names_in("cat, black", known=("cat, black", "dog"), key="--classes") == ("cat, black",)


def test_other_words_for_a_class_stand_for_its_name():
    known, synonyms = ("tabby", "Egyptian cat"), {"tabby cat": "tabby", "egyptian cat": "Egyptian cat"}
    found = names_in("Tabby cat,egyptian cat,tabby", known=known, key="--classes", synonyms=synonyms)
    assert found == ("tabby", "Egyptian cat")


def test_an_unknown_name_is_answered_with_those_that_contain_it():
    with pytest.raises(ConfigError, match=r"there is no 'dog'; names with it are: Maltese dog, hotdog$"):
        names_in("dog", known=("Maltese dog", *(f"yurt {place}" for place in range(40)), "hotdog"), key="--classes")
    with pytest.raises(ConfigError, match="there is no 'dog'; there are: Maltese dog, yurt"):
        names_in("dog", known=("Maltese dog", "yurt"), key="--classes")


def test_every_unknown_name_is_named():
    with pytest.raises(ConfigError) as refused:
        names_in("cat,x,y", known=("cat",), key="--classes")
    assert refused.value.problems == (
        "--classes: there is no 'x'; there are: cat",
        "--classes: there is no 'y'; there are: cat",
    )
    with pytest.raises(ConfigError, match="--classes: names none; there are: cat"):
        names_in(" ,", known=("cat",), key="--classes")


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_a_list_without_a_name_is_said_to_name_none(text: str):
    with pytest.raises(ConfigError, match=r"^--what: names none; there are: tags, leaks$"):
        names_in(text, known=("tags", "leaks"), key="--what")
    assert listed(text) == ()


def test_two_values_of_one_name_are_both_told():
    assert as_mapping([("tags", 20.0), ("leaks", 0.0), ("tags", 20.0)], key="--fail-over") == {"tags": 20, "leaks": 0}
    with pytest.raises(ConfigError, match=r"^--fail-over: tags is given as 20\.0 and as 30\.0: keep one of them$"):
        as_mapping([("tags", 20.0), ("tags", 30.0)], key="--fail-over")
