"""A cluster of Ray's: what it has, and what is said where none is."""

import socket
from types import SimpleNamespace

import pytest

from wsss.errors import ConfigError
from wsss.run import ray_cluster
from wsss.run.ray_cluster import Capacity, Resources, connected, living_machines


def test_what_living_machines_have_is_added_up():
    nodes = [
        ({"CPU": 8.0, "GPU": 2.0}, True),
        ({"CPU": 4.0}, True),
        ({"memory": 1e9}, True),
        ({"CPU": 64.0, "GPU": 8.0}, False),
    ]
    cluster = SimpleNamespace(nodes=lambda: [{"Resources": has, "Alive": alive} for has, alive in nodes])
    there = Resources.of(cluster)
    assert there == Resources(machines=2, cores=12, most=8, gpus=2)
    assert living_machines(cluster) == [Capacity(cores=8, gpus=2), Capacity(cores=4), Capacity(cores=0)]
    assert [there.share(count) for count in (1, 3, 12, 13)] == [8, 4, 1, 1]


def test_a_head_that_does_not_compute_counts_as_a_machine_to_come():
    cluster = SimpleNamespace(nodes=lambda: [{"Resources": {"memory": 1e9}, "Alive": True}])
    assert Resources.of(cluster) == Resources(machines=1, cores=1, most=1, gpus=0)


@pytest.mark.parametrize(
    ("has", "asked", "holds"),
    [((4, 0), (4, 0), True), ((4, 0), (5, 0), False), ((4, 1), (4, 1), True), ((4, 1), (1, 2), False)],
)
def test_a_machine_holds_what_it_has_cores_and_gpus_for(has: tuple[int, int], asked: tuple[int, int], holds: bool):
    assert Capacity(cores=has[0], gpus=has[1]).holds(Capacity(cores=asked[0], gpus=asked[1])) == holds
    assert str(Capacity(cores=1, gpus=2)) == "1 core and 2 GPUs"


def test_without_ray_or_a_cluster_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ray_cluster, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"Ray is not installed: pip install 'wsss\[ray\]', or leave it out"):
        connected("auto", key="ray.address")

    def nobody(**_: object) -> None:
        raise ConnectionError("Could not find any running Ray instance.\nmore")

    monkeypatch.setattr(ray_cluster, "find_spec", lambda _: True)
    monkeypatch.setattr(ray_cluster, "import_module", lambda _: SimpleNamespace(init=nobody))
    with pytest.raises(ConfigError, match=r"ray.address=auto: no cluster answers \(Could not find any"):
        connected("auto", key="ray.address")


def test_a_busy_machine_on_which_ray_does_not_start_in_time_is_named(monkeypatch: pytest.MonkeyPatch):
    def late(**_: object) -> None:
        raise Exception("The current node timed out during startup.\nmore")  # noqa: TRY002 - as Ray does

    monkeypatch.setattr(ray_cluster, "find_spec", lambda _: True)
    monkeypatch.setattr(ray_cluster, "import_module", lambda _: SimpleNamespace(init=late))
    with pytest.raises(ConfigError, match=r"launcher.address=local: Ray did not start on this machine \(The current"):
        connected("local", key="launcher.address")


def test_a_cluster_of_this_machine_has_so_many_cores(monkeypatch: pytest.MonkeyPatch):
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(
        ray_cluster, "import_module", lambda _: SimpleNamespace(init=lambda **given: asked.append(given))
    )
    monkeypatch.setattr(ray_cluster, "find_spec", lambda _: True)
    monkeypatch.setattr(ray_cluster, "_knock", lambda _: None)
    connected("local", key="launcher.address", cores=3)
    connected("head:6379", key="launcher.address", cores=3)
    assert (asked[0]["num_cpus"], asked[0]["address"]) == (3, "local"), "without an address Ray joins any other cluster"
    assert (asked[1]["address"], "num_cpus" in asked[1]) == ("head:6379", False)


def test_an_address_at_which_nobody_listens_is_said_at_once(monkeypatch: pytest.MonkeyPatch):
    begun: list[object] = []
    monkeypatch.setattr(ray_cluster, "import_module", lambda _: SimpleNamespace(init=lambda **_: begun.append(1)))
    monkeypatch.setattr(ray_cluster, "find_spec", lambda _: True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        connected(f"ray://127.0.0.1:{port}", key="ray.address")
    assert begun == [1]
    for address in (f"127.0.0.1:{port}", "127.0.0.1:99999"):
        with pytest.raises(ConfigError, match=rf"ray.address={address}: no cluster answers \(127.0.0.1, port"):
            connected(address, key="ray.address")
    assert begun == [1]
