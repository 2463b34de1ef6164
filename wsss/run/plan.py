"""The plan: which stages, in which order, with which fingerprints, and what of it is there already."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from wsss.config.build import build_into, check_all
from wsss.data.index import Index
from wsss.data.randomness import check_share
from wsss.engine.fit import Fit
from wsss.engine.map import Map
from wsss.engine.stage import Stage, read_index
from wsss.errors import ConfigError, DataError
from wsss.models.base import PlannedNetwork, PlannedNetworks
from wsss.objects import refuse_bucket
from wsss.run.checked import Checked
from wsss.run.graph import connected
from wsss.run.part import up_to
from wsss.run.reading import known_of, outside_of, shown
from wsss.store.digests import Digests
from wsss.store.fingerprint import fingerprint, identity
from wsss.store.sources import Outside
from wsss.store.store import Artifact, Store

OF_TRAININGS: Final = re.compile(r"^(?:fit|limits)\.")
"""How problems of options begin that every training has."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One stage of a plan: its name, config, object and artifact, what it reads by role, and what lies outside."""

    name: str
    config: dict[str, Any]
    stage: Stage
    artifact: Artifact
    inputs: Mapping[str, Artifact]
    identity: str
    """Fingerprint of the stage without its inputs: what it does, whatever it reads in the store."""
    outside: tuple[Outside, ...] = ()
    """Files outside the store on which this stage, or one before it, depends."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the stages that it reads, each once."""
        return tuple(dict.fromkeys(artifact.stage for artifact in self.inputs.values()))


def make_plan(
    pipeline: Mapping[str, Any],
    *,
    store: Store,
    rehash: bool = False,
    until: str | None = None,
    digests: Digests | None = None,
) -> tuple[Step, ...]:
    """Check every stage's config and return the steps in an order in which they can run, up to the stage `until`.

    What is cached, or passed its checks in this store before (see `wsss.run.checked`), is not looked at again. New data
    are read only after all stages were checked, and so are all data with `rehash`. `digests` are those of the store,
    where somebody has read them. Raises `ConfigError` with all problems at once; nothing was computed or written then.
    """
    stages = build_stages(pipeline)
    if until is not None:
        stages = up_to(stages, until)
    graph = connected(stages)
    digests = digests or Digests(store.digests, rehash=rehash, watch=shown)
    known = known_of(stages.values(), digests)
    new_data = None in known.values()
    networks = networks_read(stages, graph)
    if new_data:
        check_all(_checks(stages, networks))
    steps: dict[str, Step] = {}
    for name, reads in graph.items():
        own = outside_of(stages[name], digests, known)
        before = {role: steps[read] for role, read in reads.items()}
        steps[name] = _step(name, stages[name], config=dict(pipeline[name]), before=before, own=own, store=store)
    checked = Checked(store.checked)
    missing = [step for step in steps.values() if step.artifact.state() != "cached"]
    todo = [step for step in missing if not _has_passed(step, checked, networks)]
    if not new_data:
        check_all(_checks({step.name: step.stage for step in todo}, networks))
    for step in todo:
        checked.add(
            step.stage, fingerprint=step.artifact.fingerprint, networks=networks[step.name], outside=step.outside
        )
    checked.save()
    digests.save()
    return tuple(steps.values())


def _step(
    name: str, stage: Stage, *, config: dict[str, Any], before: Mapping[str, Step], own: Sequence[Outside], store: Store
) -> Step:
    """Return the step of a stage that depends on files of its own and, by role, on steps `before` it."""
    inputs = {role: step.artifact for role, step in before.items()}
    described = identity(stage, digests={each.key: each.digest for each in own})
    prints = {role: artifact.fingerprint for role, artifact in inputs.items()}
    return Step(
        name=name,
        config=config,
        stage=stage,
        artifact=store.artifact(name, fingerprint(described, name=name, inputs=prints)),
        inputs=inputs,
        identity=fingerprint(described, name=name, inputs={}),
        outside=tuple(dict.fromkeys([*own, *(each for step in before.values() for each in step.outside)])),
    )


def _has_passed(step: Step, checked: Checked, networks: Mapping[str, PlannedNetworks]) -> bool:
    return checked.has(step.stage, fingerprint=step.artifact.fingerprint, networks=networks[step.name])


def networks_read(stages: Mapping[str, Stage], graph: Mapping[str, Mapping[str, str]]) -> dict[str, PlannedNetworks]:
    """Return the networks that each stage will read, by role; `graph` is what `connected` returned."""
    made: dict[str, PlannedNetwork] = {}
    read: dict[str, PlannedNetworks] = {}
    for name, reads in graph.items():
        read[name] = PlannedNetworks({role: made[of] for role, of in reads.items() if of in made})
        try:
            network = stages[name].planned_network(read[name])
        except ConfigError:
            continue  # it reads a stage that makes no network: `check_inputs` says so
        if network is not None:
            made[name] = network
    return read


def _checks(
    stages: Mapping[str, Stage], networks: Mapping[str, PlannedNetworks]
) -> Iterator[tuple[str, Callable[[], None]]]:
    for name, stage in stages.items():
        yield name, partial(_with_keys, name, stage.check)
        yield name, partial(_with_keys, name, partial(stage.check_inputs, networks[name]))


def _with_keys(name: str, check: Callable[[], None]) -> None:
    """Name options that several trainings have by the whole key: `fit.batch_size` is whose?"""
    try:
        check()
    except ConfigError as error:
        raise ConfigError(
            [OF_TRAININGS.sub(rf"pipeline.{name}.\g<0>", problem) for problem in error.problems]
        ) from error


def check_readers(made: Step, steps: Sequence[Step], *, listed: Index | None = None) -> None:
    """Refuse what an index that was just made does not allow in any stage that will read it.

    One that is still to be made is `listed`: its images are known, and not their sizes. Raises a `ConfigError` with all
    problems: a split that is not there is said now, and not after hours of training.
    """
    readers = [s for s in steps if s.inputs.get("index") == made.artifact and s.artifact.state() != "cached"]
    index = read_index(made.artifact) if readers and listed is None else listed
    problems: dict[str, str] = {}
    for step in readers:
        assert index is not None
        try:
            step.stage.check_index(index)
        except ConfigError as error:
            problems |= {f"pipeline.{step.name}.{problem}": "" for problem in error.problems}
        except DataError as error:
            problems.setdefault(str(error), f"{step.name}: ")
    if problems:
        raise ConfigError([f"{where}{problem}" for problem, where in problems.items()])


def check_shares(steps: Iterable[Step], *, workers: int) -> None:
    """Refuse global batches that do not divide among the processes of a training, as long as it is to be made.

    Raises a `ConfigError` with all of them.
    """
    problems = []
    for step in steps:
        if isinstance(step.stage, Fit) and step.artifact.state() != "cached":
            try:
                check_share(step.stage.fit.batch_size, workers=workers, passes=step.stage.fit.accumulate)
            except ConfigError as error:
                key = f"pipeline.{step.name}.{step.stage.batch_size_from}"
                problems += [f"{key}.{problem}" for problem in error.problems]
    if problems:
        raise ConfigError(problems)


def check_bucket(steps: Iterable[Step]) -> None:
    """Refuse a bucket into which packs cannot be put, where a stage is to be made that would put some.

    Raises a `ConfigError`. The bucket is asked before each run, since buckets and credentials change.
    """
    waiting = (step.stage for step in steps if isinstance(step.stage, Map) and step.artifact.state() != "cached")
    for bucket in sorted({stage.runtime.bucket for stage in waiting if stage.runtime.bucket is not None}):
        refuse_bucket(bucket, key="runtime.bucket")


def build_stages(pipeline: Mapping[str, Any]) -> dict[str, Stage]:
    """Return every stage's object; raises `ConfigError` with the problems of all of them, each named once."""
    problems: list[str] = []
    stages = {
        name: build_into(problems, node, expected=Stage, key=f"pipeline.{name}")
        for name, node in pipeline.items()
        if node is not None
    }
    if problems:
        raise ConfigError(problems)
    return stages
