"""The package imports, and its commands work, without the names that only POSIX or Linux has: seen on any system."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

PROGRAM = """
import importlib, multiprocessing, os, pkgutil, select, signal, sys

def import_all():
    import wsss
    names = [each.name for each in pkgutil.walk_packages(wsss.__path__, "wsss.") if not each.name.endswith("__main__")]
    for name in names:
        importlib.import_module(name)
    return names

import_all()  # so that the libraries have what they need
for name in [name for name in sys.modules if name.split(".")[0] == "wsss"]:
    del sys.modules[name]
MISSING = {
    os: "fork forkpty sched_getaffinity getuid geteuid getgid getegid getpgid killpg setsid getloadavg mkfifo uname "
        "O_NOFOLLOW O_NONBLOCK O_CLOEXEC O_DIRECTORY sysconf_names WNOHANG",
    signal: "SIGHUP SIGUSR1 SIGUSR2 SIGPIPE SIGKILL SIGALRM SIGCHLD pthread_sigmask SIG_BLOCK SIG_SETMASK",
    select: "poll epoll",
}
for module, names in MISSING.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
sys.modules.update(dict.fromkeys(("fcntl", "resource", "pwd", "grp", "termios", "pty", "tty")))
multiprocessing.get_all_start_methods = lambda: ["spawn"]
print(len(import_all()), "modules")

from wsss.__main__ import main
from wsss.engine.processes import World
from wsss.signals import SIGNALS, blocked

assert World().cores >= 1
assert [each.name for each in SIGNALS] == ["SIGINT", "SIGTERM"]
with blocked():
    pass
for words in (["--help"], ["--version"], ["store", "ls", "--store", "store"], ["data", "check", "photos"]):
    sys.argv = ["wsss", *words]
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code
    print(*words, "->", code or 0)
"""


def test_the_package_works_without_names_that_only_posix_has(tmp_path: Path):
    (tmp_path / "photos/images").mkdir(parents=True)
    (tmp_path / "store").mkdir()
    rows = ["image,labels"]
    for number in range(8):
        pixels = np.random.default_rng(number).integers(0, 255, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"photos/images/{number}.png")
        rows.append(f"{number}.png,{'cat' if number % 2 else 'dog'}")
    (tmp_path / "photos/labels.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "program.py").write_text(f"if __name__ == '__main__':\n    exec({PROGRAM!r})\n")
    done = subprocess.run(
        [sys.executable, "program.py"], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    ends = [line for line in done.stdout.splitlines() if "->" in line]
    assert [line.rpartition("-> ")[2] for line in ends] == ["0"] * 4, done.stdout + done.stderr
