"""A Ray cluster: one on this machine for this command, or one that `ray start` made."""

import os
import socket
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from wsss.errors import ConfigError, first_line, plural
from wsss.signals import restored

HERE: Final = "local"
"""The address of a cluster that is started on this machine, and ends with the command."""
PATIENCE: Final = 10.0
"""Seconds in which a machine has to answer."""


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Cores and GPUs: those that a machine has, or those that a process asks of one."""

    cores: int
    gpus: int = 0

    def holds(self, asked: "Capacity") -> bool:
        """Tell whether a machine is large enough for a process."""
        return self.cores >= asked.cores and self.gpus >= asked.gpus

    def __str__(self) -> str:
        cores = plural(self.cores, "core")
        return f"{cores} and {plural(self.gpus, 'GPU')}" if self.gpus else cores


def living_machines(ray: Any) -> list[Capacity]:
    """Return what each machine of a cluster that is alive has; the head often has neither cores nor GPUs."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [Capacity(cores=int(each.get("CPU", 0)), gpus=int(each.get("GPU", 0))) for each in machines]


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What the machines of a cluster with cores have together, and the most cores that one of them has.

    Where none has any yet, a machine with one core stands for those to come.
    """

    machines: int
    cores: int
    most: int
    gpus: int

    @classmethod
    def of(cls, ray: Any) -> "Resources":
        """Ask a cluster."""
        machines = [each for each in living_machines(ray) if each.cores] or [Capacity(cores=1)]
        cores = [each.cores for each in machines]
        gpus = sum(each.gpus for each in machines)
        return cls(machines=len(machines), cores=sum(cores), most=max(cores), gpus=gpus)

    def share(self, count: int) -> int:
        """Return the cores of each of `count` processes; no machine has to give more than it has."""
        return max(1, min(self.most, self.cores // count))


def refuse_without_ray(option: str) -> None:
    """Raise `ConfigError` where Ray is not installed."""
    if find_spec("ray") is None:
        raise ConfigError([f"{option}: Ray is not installed: pip install 'wsss[ray]', or leave it out"])


def connected(address: str, *, key: str, cores: int | None = None) -> Any:
    """Return the module `ray`, connected; a cluster that is started here has so many cores, or all.

    Raises `ConfigError` that names the key where Ray is not installed, no cluster answers, or none can be started here.
    """
    refuse_without_ray(f"{key}={address}")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray = import_module("ray")
    # Said as an address, since without one Ray joins a cluster that somebody else started on this machine.
    options = {"address": address} | ({"include_dashboard": False, "num_cpus": cores} if address == HERE else {})
    try:
        _knock(address)
        with restored():  # it has a handler of its own for SIGTERM
            ray.init(log_to_driver=False, logging_level="ERROR", **options)
    except Exception as error:  # Ray's own for what did not start in time is a plain one
        raise ConfigError([f"{key}={address}: {_missing(address, key=key, why=first_line(error))}"]) from error
    return ray


def _missing(address: str, *, key: str, why: str) -> str:
    """Return what to say where Ray gives no cluster."""
    if address == HERE:
        return f"Ray did not start on this machine ({why}): run again when it is less busy, or do without Ray"
    return f"no cluster answers ({why}): start one with `ray start --head`, or use {key}={HERE}"


def _knock(address: str) -> None:
    """Raise `ConnectionError` where nobody listens at a host and port: Ray would ask for minutes, and say nothing."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()
        except (OSError, OverflowError) as error:
            raise ConnectionError(f"{host}, port {port}: {error}") from error
