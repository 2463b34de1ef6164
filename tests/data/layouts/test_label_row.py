"""Rows of label files."""

from wsss.data.layouts.label_row import composed, stripped


def test_names_lose_their_spaces_and_are_composed():
    assert stripped([" cat ", "", "  ", "e\u0301lan"]) == ("cat", "\u00e9lan")
    assert composed("u\u0308") == "\u00fc"


def test_letters_that_only_look_alike_stay_apart():
    assert [composed(name) for name in ("\ufb01sh", "\uff43at", "x\u00b2")] == ["\ufb01sh", "\uff43at", "x\u00b2"]
