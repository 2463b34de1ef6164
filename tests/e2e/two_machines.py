"""A cluster of Ray with two machines, both on this one, of which the second is switched off."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from interpreters import ending_with_us

PATIENCE = 120
"""Seconds in which a machine joins."""
OPEN = {"RAY_AUTH_MODE": "disabled"}
"""For machines and commands: the token of Ray is a file in the home folder, which other clusters change."""
OTHERS = ("ray::DashboardAgent", "ray::RuntimeEnvAgent", "ray::IDLE")
"""Titles of processes that work for no command; without its agents Ray gives a machine up."""


class TwoMachines:
    """The head has one core, or none, and stays; the second has one core and may be lost."""

    def __init__(self, folder: Path, *, head_cores: int = 1) -> None:
        pytest.importorskip("ray")
        self._screen = folder / "ray.txt"
        self._machines: list[subprocess.Popen[bytes]] = []
        while not self._machines:  # another process may take a free port before the head does
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            self.address = f"127.0.0.1:{port}"
            self._machines.append(self._started(head_cores, "--head", f"--port={port}", "--include-dashboard=false"))
            if not self._await_raylets():
                killed(self._machines.pop())
        self.switch_on()

    def _started(self, cores: int, *words: str) -> "subprocess.Popen[bytes]":
        ray = str(Path(sys.executable).with_name("ray"))
        common = (f"--num-cpus={cores}", "--node-ip-address=127.0.0.1", "--disable-usage-stats", "--block")
        with self._screen.open("ab") as screen:
            return subprocess.Popen(
                ending_with_us(ray, "start", *words, *common),  # which ends all that it started
                env={**os.environ, **OPEN},
                stdout=screen,
                stderr=screen,
                start_new_session=True,
            )

    def _await_raylets(self) -> bool:
        """Return whether all machines came up."""
        end = time.monotonic() + PATIENCE
        while not all(self._raylets(machine.pid) for machine in self._machines):
            assert time.monotonic() < end, self._screen.read_text(encoding="utf-8")[-3000:]
            if any(machine.poll() is not None for machine in self._machines):
                return False
            time.sleep(0.2)
        return True

    def _raylets(self, machine: int) -> list[int]:
        return [each for each in family(machine) if "/raylet/raylet " in title(each)]

    def workers(self) -> list[int]:
        """Processes of Ray, on either machine, that work for a command."""
        titles = {each: title(each) for machine in self._machines for each in family(machine.pid)}
        return [each for each, of in titles.items() if of.startswith("ray::") and not of.startswith(OTHERS)]

    def switch_on(self) -> None:
        """Let a second machine join."""
        self._machines.append(self._started(1, f"--address={self.address}"))
        assert self._await_raylets(), self._screen.read_text(encoding="utf-8")[-3000:]

    def switch_off(self) -> int:
        """Kill all that runs on the second machine, at once, and return how many processes those were."""
        return killed(self._machines.pop())

    def end(self) -> None:
        """Switch off what is left."""
        while self._machines:
            killed(self._machines.pop())


def killed(process: "subprocess.Popen[bytes]") -> int:
    """Kill a process and all that come of it, and return how many those were."""
    gone = family(process.pid)
    for each in gone:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    process.wait()
    return len(gone)


def family(process: int) -> list[int]:
    """A process and all that come of it, the oldest first."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = [process]
    for each in found:
        found += children.get(each, [])
    return found


def title(process: int) -> str:
    """What a process says it is."""
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""
