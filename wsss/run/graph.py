"""The graph of a pipeline: which stage reads which, in which order they can run, and whether the kinds fit."""

from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Final

from wsss.engine.stage import Stage
from wsss.errors import ConfigError, one_of
from wsss.store.kinds import NETWORK, RAW_MAPS

Reads = Mapping[str, Mapping[str, str]]
"""The stage that plays each role, by the name of the stage that reads it."""
STEPS_ON_THE_WAY: Final = (NETWORK, RAW_MAPS)
"""Kinds of artifacts that are made for others."""
UNPLAYED: Final = "no stage plays this role: add one that does (stages=...), or name one that is there"


def connected(stages: Mapping[str, Stage]) -> dict[str, dict[str, str]]:
    """Return what every stage reads, in an order in which the stages can run.

    A stage that reads the graph also gets every other stage, under its own name. Raises `ConfigError` for stages that
    are not there, that read each other in a circle, or that make another kind of artifact than is read, and for roles
    that none plays.
    """
    reads = {name: stage.inputs for name, stage in stages.items()}
    if problems := [*unknown(reads), *wrong_kinds(stages, reads)]:
        raise ConfigError(problems)
    others = [name for name, stage in stages.items() if not stage.reads_graph]
    for name, stage in stages.items():
        if stage.reads_graph:
            reads[name] = _with_others(reads[name], others)
    order = in_order(reads)
    return {name: dict(sorted(reads[name].items(), key=lambda read: order.index(read[1]))) for name in order}


def unknown(reads: Reads) -> list[str]:
    """Name what is read and is not there."""
    return [
        f"pipeline.{name}.reads.{role}: there is no stage {read!r}; there are {one_of(list(reads))}"
        for name, roles in reads.items()
        for role, read in roles.items()
        if read not in reads
    ]


def wrong_kinds(stages: Mapping[str, Stage], reads: Reads) -> Iterator[str]:
    """Name roles that are played by no stage, or by one of another kind, and the stages of the kind that is read."""
    for name, stage in stages.items():
        readers = after(name, reads)
        for role, kind in stage.needed_roles().items():
            read = reads[name].get(role)
            if read is None or (read in stages and stages[read].makes != kind):
                fitting = [each for each in stages if stages[each].makes == kind and each not in readers]
                remedy = f"read {one_of(fitting)}" if fitting else f"no stage before it makes {kind.words}"
                wrong = UNPLAYED if read is None else f"{read} makes {stages[read].makes.words}"
                yield f"pipeline.{name}.reads.{role}: {wrong}; {remedy}"


def unread(stages: Mapping[str, Stage]) -> list[str]:
    """Return the stages whose network or raw maps no other stage reads, unless it reads the whole graph.

    Masks and predictions are ends in themselves; what these stages make is only scored.
    """
    read = {name for stage in stages.values() if not stage.reads_graph for name in stage.inputs.values()}
    return [name for name, stage in stages.items() if stage.makes in STEPS_ON_THE_WAY and name not in read]


def in_order(reads: Reads) -> tuple[str, ...]:
    """Return the stages' names, each after what it reads, otherwise as given; raises `ConfigError` for a circle."""
    sorter = TopologicalSorter({name: roles.values() for name, roles in reads.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        raise ConfigError([f"pipeline: stages read each other in a circle: {' -> '.join(error.args[1])}"]) from error
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=list(reads).index)
        order.extend(ready)
        sorter.done(*ready)
    return tuple(order)


def _with_others(reads: Mapping[str, str], others: Collection[str]) -> dict[str, str]:
    played = set(reads.values())
    return {**{name: name for name in others if name not in played}, **reads}


def after(name: str, reads: Reads) -> set[str]:
    """Return a stage and all that read it, directly or not."""
    readers = {name}
    while more := {each for each, roles in reads.items() if each not in readers and readers & set(roles.values())}:
        readers |= more
    return readers


def before(name: str, reads: Reads) -> set[str]:
    """Return all that a stage reads, directly or not; what is not there is left out."""
    needed: set[str] = set()
    while more := {read for each in {name, *needed} for read in reads.get(each, {}).values()} - needed:
        needed |= more
    return needed & set(reads)
