"""Arguments and exit codes that `predict` and `explain` share."""

from pathlib import Path

import pytest

from wsss.commands.batch import batch_parser, name_failed


def test_defaults_and_names_in_any_order():
    parser = batch_parser("predict", about="a text", out="predictions")
    options = parser.parse_intermixed_args(["a.jpg", "--model", "outputs/toy/1", "--resume", "it's (1).png"])
    assert options.images == [Path("a.jpg"), Path("it's (1).png")]
    assert (options.out, options.resume, options.store, options.device) == (Path("predictions"), True, None, "auto")
    assert "usage: wsss predict" in parser.format_help()


def test_what_failed_is_named_with_exit_code_1(capsys: pytest.CaptureFixture[str]):
    name_failed({"failed": {}})
    with pytest.raises(SystemExit) as stopped:
        name_failed({"failed": {"a.jpg": "a.jpg is empty", "b.jpg": "b.jpg is damaged"}})
    assert stopped.value.code == 1
    assert capsys.readouterr().err == "wsss: a.jpg is empty\nwsss: b.jpg is damaged\n"
