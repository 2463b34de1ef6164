"""Whatever enters a network is on the device that the stage was given: seen without a GPU, with torch's meta device."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from typing import Any, get_args

import pytest
import torch
from builders import named
from members import concrete
from stored_networks import SMALL, stored
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from toy_runs import Run, networks_of

from wsss.cams.clustercam import ClusterCAM
from wsss.commands.batch import batch_parser
from wsss.engine.batch import Batch
from wsss.engine.fit import ACCELERATORS, Fit
from wsss.engine.map import Map
from wsss.engine.stage import Device, Job, Reduce, Stage
from wsss.methods.affinity import AffinityNetOptions, EdgeNetOptions
from wsss.methods.affinity.refiner import Walk
from wsss.metrics.faithfulness import coherency
from wsss.metrics.localisation import PixelCurve, energy_inside
from wsss.metrics.perturbation import area
from wsss.metrics.road import Road
from wsss.models.base import Network, NetworkOptions
from wsss.refine.base import Refiner
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.run.plan import Step
from wsss.store import networks
from wsss.store.kinds import NETWORK
from wsss.testing.refiners import images_to_refine, maps_to_refine

META = torch.device("meta")
"""A device on which tensors have shapes and no values, and which does not mix with the CPU either."""
CASES: dict[str, tuple[str, ...]] = {
    "extract_cams": (),
    "extract_fine": ("stages=fine", "fine.cam.block=last"),
    "predict_masks": (
        "refine@predict.refine=[classifier_prior,crf_alone]",
        "+pipeline.predict_masks.reads.classifier=train_classifier",
    ),
    "refine_cams": ("stages=irn", "refine=irn", "refine.walk.steps=2"),  # of 256 that are the same
    "refine_cams of PSA": (
        *("stages=psa", "refine=psa", "refine.walk.steps=2"),
        "~refine.background",  # which looks at values
    ),
    "relabel": ("stages=selftrain",),
    "activate_maps": ("stages=amn",),
    "find_prototypes": ("stages=lpcam",),
    "choose_representatives": ("stages=representatives", "pipeline.choose_representatives.count=1"),
}
"""Stages that ask a trained network, and the overrides that add them to the pipeline."""


NETWORKS: dict[str, NetworkOptions] = {
    "edges": EdgeNetOptions(classifier=SMALL),
    "affinities": AffinityNetOptions(classifier=SMALL),
    "classifier": SMALL,
}
"""The networks that refiners read, by role."""


class Seen:
    """Notes the devices of all tensors that enter a layer with weights, but for what loading a network tries out."""

    def __init__(self) -> None:
        self.devices, self._loading = list[torch.device](), False

    def note(self, layer: nn.Module, given: tuple[Any, ...]) -> None:
        own = tuple(layer.parameters(recurse=False))
        if own and not self._loading:
            self.devices.extend(each.device for each in (*given, *own) if isinstance(each, Tensor))

    def load(self, *given: Any, **options: Any) -> Any:
        self._loading = True
        try:
            return networks.load(*given, **options)
        finally:
            self._loading = False


class Doubles(TorchDispatchMode):
    """Notes what makes float64 on the meta device: Apple's GPUs, `mps`, have none."""

    def __init__(self) -> None:
        super().__init__()
        self.made = list[str]()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        made = func(*args, **(kwargs or {}))
        tensors = [each for each in tree_leaves(made) if isinstance(each, Tensor)]
        self.made += [str(func) for each in tensors if each.device == META and each.dtype == torch.float64]
        return made


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    seen = Seen()
    monkeypatch.setattr("wsss.engine.stage.load", seen.load)
    hook = nn.modules.module.register_module_forward_pre_hook(seen.note)
    yield seen
    hook.remove()


def step_of(case: str, run: Run) -> Step:
    """The step of a case; the networks that it reads are there, with their first weights."""
    plan = run.plan(*CASES[case])
    step = plan[case.split(maxsplit=1)[0]]
    for artifact in step.inputs.values():
        made = plan[artifact.stage]
        if isinstance(made.stage, Fit) and artifact.state() != "cached":
            options = made.stage.planned_network(networks_of(plan, artifact.stage)).options
            stored(options, artifact, classes=4)
        elif artifact.state() != "cached":
            make(made, crew=Here())
    return step


@pytest.fixture(scope="module")
def copy(toy_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return toy_run.copied(tmp_path_factory.mktemp("devices"))


def ask(stage: Stage, job: Job) -> None:
    """Do what a stage does of its first batch, or all, on the meta device."""
    if isinstance(stage, Reduce):
        stage.run(job)
        return
    assert isinstance(stage, Map)
    compute, read = stage.open(job, META), stage.reader(job)
    batch = stage.batches(job.index())[0]
    for made in compute(Batch.of(batch, [read(record) for record in batch])):
        if callable(made):
            made()


@pytest.mark.parametrize("case", CASES)
def test_tensors_enter_a_network_on_the_device_of_the_stage(
    case: str, copy: Run, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = step_of(case, copy)
    monkeypatch.setattr("wsss.engine.stage.Runtime.torch_device", lambda _: META)
    monkeypatch.setattr("wsss.types.ScoreMaps.__post_init__", lambda _: None)  # it looks at values
    monkeypatch.setattr("torch.autocast", lambda *_, **__: nullcontext())  # there is none for this device
    seen.devices.clear()
    # What comes of it has no values that could be brought back, and not all operations are there.
    with suppress(NotImplementedError, RuntimeError), Doubles() as doubles:
        ask(step.stage, Job(artifact=step.artifact, inputs=step.inputs))
    assert seen.devices, "nothing entered a network"
    assert set(seen.devices) == {META}
    assert doubles.made == []


def needs(cls: Any) -> dict[str, str]:
    return dict(cls.needs)


@pytest.mark.parametrize("cls", [cls for cls in concrete(Refiner).values() if "network" in needs(cls).values()])
def test_tensors_enter_the_network_of_a_refiner_on_its_device(
    cls: Any, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also behind a prediction, which the meta device does not bring back to the CPU."""
    monkeypatch.setattr("wsss.types.ScoreMaps.__post_init__", lambda _: None)
    refiner, images = cls(**{"steps": 2} if issubclass(cls, Walk) else {}), images_to_refine()
    network = NETWORKS[next(iter(refiner.needs))]
    read = Network(
        module=network.skeleton(named(254)).eval(),
        classes=named(254),
        normalisation=network.normalisation,
        options=network,
    )
    maps = maps_to_refine(refiner, images)
    seen.devices.clear()
    with suppress(NotImplementedError, RuntimeError), Doubles() as doubles:
        refiner.open(dict.fromkeys(refiner.needs, read), META)(images, maps)
    assert seen.devices, "nothing entered the network"
    assert set(seen.devices) == {META}
    assert doubles.made == []


HEAT, TARGET = torch.zeros(4, 4, device=META), torch.zeros(4, 4, dtype=torch.bool, device=META)
METRICS: dict[str, Callable[[], object]] = {
    "area": lambda: area(HEAT[0]),
    "coherency": lambda: coherency(HEAT[None], HEAT[None]),
    "energy_inside": lambda: energy_inside(HEAT, TARGET),
    "PixelCurve": lambda: PixelCurve.of(HEAT, TARGET),
    "Road": lambda: Road(most=HEAT[0], least=HEAT[0]).combined,
    "ClusterCAM": lambda: ClusterCAM()._grouped(HEAT),
}


@pytest.mark.parametrize("metric", METRICS)
def test_sums_in_float64_are_done_on_the_cpu(metric: str) -> None:
    with Doubles() as doubles, pytest.raises((NotImplementedError, RuntimeError), match="meta"):
        METRICS[metric]()
    assert doubles.made == []


def test_float64_on_a_device_is_noticed() -> None:
    with Doubles() as doubles:
        HEAT.double()
    assert doubles.made == ["aten._to_copy.default"]


def test_every_device_is_offered_and_has_its_accelerator() -> None:
    assert {"auto", *ACCELERATORS} == {*get_args(Device)}
    parser = batch_parser("predict", about="", out="out")
    (action,) = (each for each in parser._actions if "--device" in each.option_strings)
    assert action.choices == get_args(Device)


def test_every_stage_that_asks_a_network_is_a_case(copy: Run) -> None:
    stages = [copy.plan(*overrides)[case.split()[0]].stage for case, overrides in CASES.items()]
    asking = {cls for cls in concrete(Stage).values() if issubclass(cls, (Map, Reduce)) and reads_network(cls)}
    assert asking <= {type(stage) for stage in stages}
    refiners = {type(refiner) for stage in stages for refiner in refiners_of(stage)}
    assert {cls for cls in concrete(Refiner).values() if "network" in needs(cls).values()} <= refiners


def reads_network(cls: Any) -> bool:
    return NETWORK in cls.roles.values()


def refiners_of(stage: Any) -> list[Refiner]:
    return list(getattr(stage, "refine", {}).values())
