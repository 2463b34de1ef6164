import pickle
from pathlib import Path

import pytest

from wsss.errors import (
    ConfigError,
    DataError,
    FileError,
    ModelError,
    StoreError,
    WsssError,
    first_line,
    one_of,
    printable,
)


@pytest.mark.parametrize("kind", [DataError, ModelError, StoreError])
def test_every_kind_is_a_users_mistake(kind: type[WsssError]):
    assert issubclass(kind, WsssError)
    assert issubclass(kind, ValueError)
    assert str(kind("x.png is torn")) == "x.png is torn"


def test_a_config_error_holds_every_problem_on_a_line_of_its_own():
    error = ConfigError(["fit.epochs: 0 is too few", "cam: no such method"])
    assert isinstance(error, WsssError)
    assert error.problems == ("fit.epochs: 0 is too few", "cam: no such method")
    assert str(error) == "fit.epochs: 0 is too few\ncam: no such method"


def test_a_file_error_knows_its_file_and_is_made_anew_from_its_message():
    error = FileError(Path("a b.png"), "is empty: copy it again")
    assert (error.path, error.complaint) == (Path("a b.png"), "is empty: copy it again")
    assert str(error) == str(FileError(str(error))) == "a b.png is empty: copy it again"


@pytest.mark.parametrize(
    "error", [ConfigError(["a: wrong", "b: wrong"]), DataError("x.png is torn"), FileError(Path("x.png"), "is torn")]
)
def test_errors_survive_the_way_out_of_another_process(error: WsssError):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_one_of_cuts_long_lists():
    assert one_of(["a", "b", "c"]) == "a, b, c"
    assert one_of(["a", "b", "c"], limit=3) == "a, b, c"
    assert one_of(["a", "b", "c", "d"], limit=2) == "a, b and 2 more"
    assert one_of([]) == ""


def test_the_first_line_of_what_a_library_says():
    assert first_line(ValueError("\n  no weights here\nsee https://example.com\n".strip())) == "no weights here"
    assert first_line(KeyError()) == "KeyError"


def test_control_characters_do_not_reach_a_terminal():
    assert (
        printable("a\x1b[2Jb\x07\x9b\tc\n")
        == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}\tc\n"
    )


def test_advice_to_run_the_code_of_a_file_is_not_passed_on():
    advice = "Weights only load failed. Re-running `torch.load` with `weights_only` set to `False` will likely succeed"
    assert first_line(RuntimeError(advice)) == "it holds more than tensors, or is a file of another kind"
