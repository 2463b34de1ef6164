"""`wsss view` from the command line."""

from functools import partial
from pathlib import Path
from unittest.mock import patch

import command_line
import pytest
from toy_runs import Run

from wsss.apps.view.server import Viewer

call = partial(command_line.call, "view")


def test_the_address_is_printed_and_served(
    toy_run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with patch.object(Viewer, "serve", autospec=True) as serve:
        assert call(monkeypatch, toy_run.out) == 0
    (viewer,) = serve.call_args.args
    viewer.server.server_close()
    assert viewer.address in capsys.readouterr().out


def test_what_is_not_a_run_is_refused(
    tmp_path: Path, toy_run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, tmp_path) == 2
    assert call(monkeypatch, toy_run.out, "--findings", tmp_path) == 2
    assert "has no debug.json and no audit.json" in capsys.readouterr().err
