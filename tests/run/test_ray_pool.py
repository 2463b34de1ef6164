"""Workers that take the next batch, deaths, mistakes and an end in order; the cluster itself is a stand-in."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from toy_runs import contents

from wsss.data.index import Record
from wsss.engine import shard
from wsss.engine.batch import Batch, Compute, Loaded, Records
from wsss.engine.log import logger
from wsss.engine.shard import Work
from wsss.errors import DataError, LostError, WsssError
from wsss.run import ray_pool, ray_waiting
from wsss.run.ray_pool import Asked, Maker, RayPool
from wsss.run.ray_waiting import Waiting
from wsss.run.worker import Pool
from wsss.store.items import Files, ItemFormat
from wsss.types import Size

RECORDS = tuple(Record(id=name, image=name, size=Size(height=1, width=1), classes=()) for name in "abcdefgh")
BATCHES = [RECORDS[start : start + 2] for start in range(0, len(RECORDS), 2)]
WHOLE = {f"{record.id}.txt": record.id.upper().encode() for record in RECORDS}


class RayError(Exception):
    pass


class RayTaskError(RayError):
    def __init__(self, cause: Exception) -> None:
        self.cause = cause


@dataclass(eq=False, repr=False)
class Actor:
    maker: Maker
    cluster: "Cluster"
    number: int
    alive: bool = True

    def __getattr__(self, name: str) -> Any:
        return SimpleNamespace(remote=lambda *given: self.cluster.asked(self, name, given))


@dataclass(eq=False, repr=False)
class Task:
    actor: Actor
    name: str
    given: tuple[Any, ...]
    outcome: Any = None


@dataclass(eq=False, repr=False)
class Cluster:
    """Actors in this process, which work on one task after the other as long as somebody waits."""

    dies: Callable[[Task], bool] = lambda _: False
    room: int = 9
    options: list[dict[str, Any]] = field(default_factory=list)
    actors: list[Actor] = field(default_factory=list)
    todo: deque[Task] = field(default_factory=deque)
    done: list[tuple[int, str, tuple[Any, ...]]] = field(default_factory=list)
    looks: int = 0
    cores: float = 1.0
    exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": {"CPU": self.cores}}]

    def remote(self, kind: Any) -> Any:
        def options(**asked: Any) -> Any:
            self.options.append(asked)
            return SimpleNamespace(remote=actor)

        def actor(*given: Any, **named: Any) -> Actor:
            self.actors.append(Actor(kind(*given, **named), self, named["number"]))
            return self.actors[-1]

        return SimpleNamespace(options=options)

    def asked(self, actor: Actor, name: str, given: tuple[Any, ...]) -> Task:
        self.todo.append(Task(actor, name, given))
        return self.todo[-1]

    def wait(self, tasks: Sequence[Task], *, num_returns: int, timeout: float) -> tuple[list[Task], list[Task]]:
        self.looks += 1
        ended: list[Task] = []
        for task in [task for task in tasks if task.actor.number <= self.room][:num_returns]:
            self._work_on(task)
            ended.append(task)
        return ended, []

    def _work_on(self, task: Task) -> None:
        if task.actor.alive and self.dies(task):
            task.actor.alive = False
        if not task.actor.alive:
            task.outcome = RayError("the actor died")
            return
        try:
            task.outcome = getattr(task.actor.maker, task.name)(*task.given)
        except DataError as error:
            task.outcome = RayTaskError(error)
        self.done.append((task.actor.number, task.name, task.given))

    def get(self, task: Any) -> Any:
        if task.name == "leave":
            self._work_on(task)
        if isinstance(task.outcome, RayError):
            raise task.outcome
        return task.outcome

    def kill(self, actor: Actor) -> None:
        actor.alive = False


def opened(device: torch.device) -> Compute:
    def compute(batch: Batch) -> list[str]:
        if "z" in batch.items["name"]:
            raise DataError("z.jpg cannot be read")
        return [name.upper() for name in batch.items["name"]]

    return compute


def reader() -> Callable[[Record], Loaded]:
    return lambda record: Loaded(image=None, items={"name": record.id})


@pytest.fixture
def work(tmp_path: Path) -> Work:
    text = ItemFormat(
        suffix=".txt",
        read=Path.read_text,
        encode=str.encode,
        is_whole=lambda path, size: path.stat().st_size > 0,
    )
    (tmp_path / "items").mkdir()
    return Work(
        title="shout",
        folder=tmp_path,
        reader=reader,
        open=opened,
        items=Files(folder=tmp_path / "items", format=text, images=len(RECORDS)),
        device=torch.device("cpu"),
        workers=2,
        processes=False,
        module=__name__,
    )


ONE = Asked(cores=1, gpu=False, threads=1)


def pool_on(cluster: Cluster, asked: Asked = ONE, *, count: int = 1) -> RayPool:
    waiting = Waiting(cluster, minutes=1.0, key="launcher.wait_minutes", say=logger.warning)
    return RayPool(cluster, asked, count=count, waiting=waiting)


def made(cluster: Cluster, work: Work, batches: Sequence[Records] = BATCHES, *, count: int = 2) -> list[int]:
    pool = pool_on(cluster, count=count)
    assert isinstance(pool, Pool)
    counts = [some for some in pool.made(work, batches) if some]
    assert not any(actor.alive for actor in cluster.actors)
    assert (pool.machine is None) == (not batches)
    return counts


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_every_batch_is_made_once_by_however_many(count: int, work: Work):
    cluster = Cluster()
    assert made(cluster, work, count=count) == [2, 2, 2, 2]
    assert contents(work.items.folder) == WHOLE
    batches = sorted(given[0][0].id for _, name, given in cluster.done if name == "make")
    assert batches == ["a", "c", "e", "g"]
    assert len(cluster.actors) == min(count, len(BATCHES))
    assert sum(name == "leave" for _, name, _ in cluster.done) == len(cluster.actors)
    assert (work.folder / "log.1.txt").read_text(encoding="utf-8").count(" finished\n") == 1


def test_nothing_is_started_for_nothing(work: Work):
    cluster = Cluster()
    assert made(cluster, work, []) == []
    assert cluster.actors == []


def test_workers_without_room_are_not_waited_for_and_a_person_is_told(
    work: Work, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    cluster = Cluster(room=1)
    assert made(cluster, work) == [2, 2, 2, 2]
    assert {number for number, name, _ in cluster.done if name == "make"} == {1}
    monkeypatch.setattr(ray_pool, "PATIENCE", 2 * ray_pool.EVERY)
    nowhere = pool_on(Cluster(room=0)).made(work, BATCHES)
    assert [next(nowhere) for _ in range(5)] == [0, 0, 0, 0, 0]
    nowhere.close()
    assert sum("Ray has had no room" in message for message in caplog.messages) == 1


def test_where_no_machine_is_left_the_stage_ends_after_a_time_and_what_is_made_stays(
    work: Work, monkeypatch: pytest.MonkeyPatch
):
    cluster = Cluster(dies=lambda task: task.given[:1] == (BATCHES[2],))
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 1.0  # a second a look
        return now

    monkeypatch.setattr(ray_waiting, "monotonic", clock)
    counts = pool_on(cluster).made(work, BATCHES)
    while not cluster.options[1:]:
        next(counts)  # until the machine of the first worker is lost
    cluster.room, cluster.cores = 0, 0.0
    with pytest.raises(
        LostError, match=r"no machine for shout \(1 core\); alive: 1 machine with 0 cores; waited 1 min 00 s"
    ):
        list(counts)
    assert set(contents(work.items.folder)) == {f"{name}.txt" for name in "abcd"}
    assert not any(actor.alive for actor in cluster.actors)


def test_a_worker_that_dies_costs_the_batches_at_hand_alone(work: Work, caplog: pytest.LogCaptureFixture):
    first = iter([True])

    def dies(task: Task) -> bool:
        return task.name == "make" and task.given[0][0].id == "c" and next(first, False)

    cluster = Cluster(dies=dies)
    assert sum(made(cluster, work)) == 8
    assert contents(work.items.folder) == WHOLE
    assert len(cluster.actors) == 3
    assert "a worker of Ray died: 2 images that it had are made again" in caplog.messages
    made_by = [given[0][0].id for _, name, given in cluster.done if name == "make"]
    assert sorted(made_by) == ["a", "c", "e", "g"]


def test_what_a_lost_machine_had_is_made_by_idle_workers_where_no_other_has_room(work: Work):
    cluster = Cluster(dies=lambda task: task.name == "make" and task.actor.number == 2, room=2)
    assert sum(made(cluster, work)) == 8
    assert contents(work.items.folder) == WHOLE
    assert {number for number, name, _ in cluster.done if name == "make"} == {1}
    assert cluster.looks < 20


@pytest.mark.parametrize("gone", [{1}, {2}, {1, 2}])
def test_a_worker_that_dies_after_its_last_image_costs_nothing(
    gone: set[int], work: Work, caplog: pytest.LogCaptureFixture
):
    cluster = Cluster(dies=lambda task: task.name == "leave" and task.actor.number in gone)
    pool = pool_on(cluster, count=2)
    assert sum(pool.made(work, BATCHES)) == 8
    assert (pool.machine is None) == (gone == {1, 2})
    assert caplog.messages.count("a worker of Ray died after its last image: the actor died") == len(gone)


def test_a_batch_at_which_workers_die_is_named_and_the_rest_is_kept(work: Work):
    cluster = Cluster(dies=lambda task: task.name == "make" and task.given[0][0].id == "e")
    with pytest.raises(WsssError, match=r"died 3 times at .*e, f.*launcher.map_workers"):
        made(cluster, work, count=1)
    assert set(contents(work.items.folder)) >= {"a.txt", "b.txt"}


def test_workers_that_die_before_they_are_ready_are_not_started_for_ever(work: Work):
    cluster = Cluster(dies=lambda task: task.name == "open")
    with pytest.raises(WsssError, match="died 3 times before it was ready"):
        made(cluster, work)
    assert len(cluster.actors) == 6  # two, three times


def test_a_machine_that_is_lost_while_its_workers_begin_costs_nothing(work: Work):
    cluster = Cluster(dies=lambda task: task.name == "open" and 1 < task.actor.number <= 4)
    assert sum(made(cluster, work, count=4)) == 8
    assert contents(work.items.folder) == WHOLE


def test_what_a_worker_refuses_is_raised_as_it_is(work: Work):
    bad = Record(id="z", image="z", size=Size(height=1, width=1), classes=())
    cluster = Cluster()
    with pytest.raises(DataError, match=r"^z.jpg cannot be read$"):
        made(cluster, work, [*BATCHES, (bad,)])
    assert not any(actor.alive for actor in cluster.actors)


def test_a_first_interrupt_finishes_what_is_at_hand(work: Work):
    cluster = Cluster()
    counts = pool_on(cluster).made(work, BATCHES)
    while not next(counts):
        pass
    counts.close()
    assert set(contents(work.items.folder)) == {f"{name}.txt" for name in "abcdef"}
    assert not any(actor.alive for actor in cluster.actors)


@pytest.mark.parametrize(
    ("asked", "options", "at_hand"),
    [
        (Asked(cores=4, gpu=True, threads=4), {"num_cpus": 4, "num_gpus": 1, "max_concurrency": 3}, 4),
        (Asked(cores=4, gpu=False, threads=4), {"num_cpus": 4, "num_gpus": 0, "max_concurrency": 3}, 4),
        (ONE, {"num_cpus": 1, "num_gpus": 0, "max_concurrency": 1}, 2),
    ],
)
def test_a_worker_is_given_what_it_needs_and_enough_to_do(
    asked: Asked, options: dict[str, int], at_hand: int, work: Work, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("wsss.run.ray_pool.Maker.open", lambda _: None)
    monkeypatch.setattr("wsss.run.ray_pool.Maker.make", lambda _, batch: len(batch))
    cluster = Cluster()
    counts = pool_on(cluster, asked).made(work, [(record,) for record in RECORDS])
    next(counts)
    assert cluster.options == [options]
    assert len(cluster.todo) == 1 + at_hand
    counts.close()


def test_the_engine_leaves_batches_to_it_that_are_not_there(work: Work):
    assert shard.run(work, BATCHES[:1], elsewhere=pool_on(Cluster()).made) == 2
    cluster = Cluster()
    assert shard.run(work, BATCHES, elsewhere=pool_on(cluster).made) == 6
    assert [given[0][0].id for _, name, given in cluster.done if name == "make"] == ["c", "e", "g"]
    assert partial(shard.run, work, BATCHES)() == 0
