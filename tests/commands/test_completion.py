"""Shells are answered what a command line may go on with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wsss.__main__ import COMMANDS
from wsss.commands import completion


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_shell_gets_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    completion.main([shell])
    assert "wsss" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("wsss ", set(COMMANDS)),
        ("wsss pre", {"predict "}),
        ("wsss run exp", {"experiment="}),
        ("wsss run cam=cam fit.classifier.ep", {"fit.classifier.epochs="}),
        ("wsss run cam=gradcam", {"cam=gradcam", "cam=gradcam_plusplus"}),
        ("wsss run --cf", {"--cfg "}),
        ("wsss store ", {"ls", "verify", "gc"}),
        ("wsss data check --lay", {"--layout "}),
        ("wsss sweep ", {"ls"}),
        ("wsss sweep seeds cam=gradcam", {"cam=gradcam", "cam=gradcam_plusplus"}),
        ("wsss sweep seeds jo", {"jobs="}),
    ],
)
def test_lines_are_completed(line: str, expected: set[str], tmp_path: Path) -> None:
    # As argcomplete's script asks: the answer comes in a file of its own.
    answer = tmp_path / "answer"
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "0",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    code = "import sys; from wsss.__main__ import main; main()"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **asked}, check=True)
    assert expected <= set(answer.read_text(encoding="utf-8").split("\n"))
