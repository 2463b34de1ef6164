"""Processes that end without being taken apart."""

import subprocess
import sys

import pytest

BEGINNING = """
import atexit, os, sys
from wsss.engine.leaving import Leaving

class Kept:
    def __del__(self):
        os.write(1, b"freed ")

leaving, kept = Leaving(), Kept()
kept.itself = kept
atexit.register(lambda: print("registered", end=" "))
"""


def ends(code: str) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-c", BEGINNING + code], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("code", "expected"), [("None", 0), ("0", 0), ("2", 2), ("141", 141), ("256", 0)])
def test_what_was_printed_and_registered_comes_first_and_nothing_is_freed(code: str, expected: int) -> None:
    assert ends(f"leaving.with_code({code}); print('said', end=' '); sys.exit({code})") == (
        expected,
        "said registered ",
        "",
    )


def test_threads_are_waited_for():
    thread = (
        "import threading, time; threading.Thread(target=lambda: (time.sleep(0.3), print('late', end=' '))).start()"
    )
    assert ends(f"{thread}; leaving.with_code(0)") == (0, "late registered ", "")


@pytest.mark.parametrize("call", ["", "leaving.with_code('a text'); sys.exit('a text')", "raise ValueError('a text')"])
def test_python_ends_what_has_no_code(call: str) -> None:
    code, printed, said = ends(call)
    assert (code, printed) == (int(bool(call)), "registered freed ")
    assert ("a text" in said) == bool(call)


def test_a_process_that_was_forked_ends_by_itself():
    forked = "child = os.fork()\nleaving.with_code(3)\nif not child: sys.exit(5)\nprint(os.waitpid(child, 0)[1] >> 8)"
    assert ends(forked) == (3, "registered freed 5\nregistered ", "")
