"""What every stage of the pipeline promises, on one small run of all of them."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from made_once import made_once
from stored_networks import tensors_of
from toy_runs import Run, composed

from wsss.config.search import config_folder
from wsss.engine.fit import Fit
from wsss.engine.map import Map
from wsss.engine.stage import Stage
from wsss.errors import ConfigError
from wsss.labels import IGNORE
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.run.plan import Step, build_stages, make_plan
from wsss.store.files import read_mask_item
from wsss.store.store import Store
from wsss.store.texts import read_json
from wsss.testing import stages
from wsss.testing.stages import contents, remake

CONF = config_folder()
DEFAULT = yaml.safe_load((CONF / "run.yaml").read_text(encoding="utf-8"))["pipeline"]
PIPELINE = {name: node for name, node in DEFAULT.items() if node is not None}
STAGES = list(PIPELINE)
CHOICES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((CONF / "stages").glob("*.yaml"))}
"""What `stages` chooses, with the texts of the files."""


def classes(shape: type[Stage], names: Iterable[str]) -> list[str]:
    """The names of the stages of a shape, in the pipeline or among those that are added."""
    targets = {name: node["_target_"] for name, node in [*PIPELINE.items(), *NODES.items()]}
    return [name for name in names if issubclass(located(targets[name]), shape)]


def located(target: str) -> Any:
    module, _, name = target.rpartition(".")
    return getattr(import_module(module), name)


NODES: dict[str, Any] = {}
"""Nodes of the stages that are not in every pipeline."""
ADDED: dict[str, str] = {}
"""By which of the choices each is added first."""
STAND_INS: set[Any] = set()
"""Classes that a choice puts in the place of another's: their tests are their method's."""
for chosen, text in CHOICES.items():
    for name, node in yaml.safe_load(text)["pipeline"].items():
        if node is None:
            continue  # a stage that the choice does without
        if "_target_" in node and name not in {**PIPELINE, **NODES}:
            NODES[name], ADDED[name] = node, chosen
        elif "_target_" in node and node["_target_"] != {**PIPELINE, **NODES}[name]["_target_"]:
            STAND_INS.add(located(node["_target_"]))
READ_LATER = {
    "audit_tags": "by `wsss data audit`",
    "embed_images": "by `wsss data audit`",
    "extract_half": "by `evaluate`, which reads all",
    "predict_alone": "by `evaluate`, which reads all",
    "predict_crf": "by `evaluate`, which reads all",
}
"""Stages that nothing in a run reads, and by what they are."""
WITH = {chosen: tuple(re.findall(r"(?:For|With few classes:) (\S+=[^\s.]+)", text)) for chosen, text in CHOICES.items()}
"""What a file says it is for, and needs on data as small as ours."""
WITH["prompted"] += (
    *("prompted.backbone=vit_xsmall_patch16_clip_224", "prompted.weights=none", "prompted.bank=images"),
    "segmenter.encoder_weights=none",
)
WITH["weclip"] += (
    *(
        "online.network.backbones.first.backbone=vit_xsmall_patch16_clip_224",
        "online.network.backbones.first.weights=none",
    ),
    *("prompted.backbone=vit_xsmall_patch16_clip_224", "prompted.weights=none", "prompted.bank=images"),
    *("online.network.width=16", "online.network.heads=2", "online.network.layers=1", "online.refine.par.at=maps"),
)
MAPS, ADDED_MAPS = classes(Map, PIPELINE), classes(Map, ADDED)
FITS, ADDED_FITS = classes(Fit, PIPELINE), classes(Fit, ADDED)


@pytest.fixture(scope="module")
def whole_run(toy_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The toy run, and every stage that a method adds."""

    def made(folder: Path) -> Run:
        run = toy_run.copied(folder)
        for plan in longer_plans(run):
            for name, step in plan.items():
                if name in ADDED:
                    make(step, crew=Here())
        return run

    return made_once(tmp_path_factory, "whole run", made)


def steps_for(name: str, run: Run) -> stages.Plan:
    """Plans of the pipeline that has a stage, and no others."""
    added = (f"stages={ADDED[name]}", *WITH.get(ADDED[name], ())) if name in ADDED else ()
    return partial(run.plan, *added)


def longer_plans(run: Run) -> list[dict[str, Step]]:
    return [run.plan(f"stages={chosen}", *WITH.get(chosen, ())) for chosen in dict.fromkeys(ADDED.values())]


@pytest.fixture(scope="module")
def steps(whole_run: Run) -> dict[str, Step]:
    added = {name: step for plan in longer_plans(whole_run) for name, step in plan.items() if name in ADDED}
    return whole_run.plan() | added


@pytest.fixture
def copy(whole_run: Run, tmp_path: Path) -> Run:
    return whole_run.copied(tmp_path)


def test_every_stage_is_in_a_pipeline(steps: dict[str, Step]):
    def below(cls: Any) -> Iterator[type]:
        for child in cls.__subclasses__():
            yield child
            yield from below(child)

    concrete = {cls for cls in below(Stage) if not cls.__abstractmethods__ and cls.__module__.startswith("wsss.")}
    assert {type(step.stage) for step in steps.values()} == concrete - STAND_INS
    assert {*MAPS, *ADDED_MAPS, *FITS, *ADDED_FITS} < steps.keys()


@pytest.mark.parametrize("name", [*STAGES, *ADDED])
def test_an_artifact_says_what_it_is(name: str, steps: dict[str, Step]):
    stages.an_artifact_says_what_it_is(name, lambda: steps)


@pytest.mark.parametrize("name", [*MAPS, *ADDED_MAPS])
def test_a_map_makes_one_item_an_image(name: str, steps: dict[str, Step]):
    stages.a_map_makes_one_item_an_image(name, lambda: steps)


@pytest.mark.parametrize("name", [*MAPS, *ADDED_MAPS])
def test_an_interrupted_map_goes_on_to_the_same_bytes(name: str, copy: Run):
    stages.an_interrupted_map_goes_on_to_the_same_bytes(name, steps_for(name, copy))


@pytest.mark.parametrize("name", [*MAPS, *ADDED_MAPS])
def test_the_number_of_workers_changes_no_byte(name: str, copy: Run):
    stages.the_number_of_workers_changes_no_byte(name, steps_for(name, copy))


@pytest.mark.parametrize("name", [*MAPS, *ADDED_MAPS])
def test_unchanged_images_keep_their_items(name: str, copy: Run):
    stages.unchanged_images_keep_their_items(name, steps_for(name, copy))
    stages.unchanged_images_keep_their_items_in_packs(name, steps_for(name, copy))


@pytest.mark.parametrize("name", [*FITS, *ADDED_FITS])
def test_a_fit_gives_the_same_weights_again(name: str, copy: Run):
    stages.a_fit_gives_the_same_weights_again(name, steps_for(name, copy))


@pytest.mark.parametrize("name", FITS)
def test_batch_norm_keeps_its_statistics_or_learns_on_as_it_is_told(name: str, steps: dict[str, Step]):
    """Seen in what was trained, not in the module: Lightning leaves the modes of layers as it finds them."""
    state = tensors_of(steps[name].artifact)
    seen = {key: int(state[key]) for key in state if key.endswith("num_batches_tracked")}
    stage: Any = steps[name].stage
    assert stage.fit.batch_norm == {"train_classifier": "frozen", "train_segmenter": "learning"}[name]
    assert set(seen.values()) == ({0} if name == "train_classifier" else {2})


def test_scores_are_the_same_again(copy: Run):
    step = copy.plan()["evaluate"]
    before = contents(step.artifact.items)
    remake(step)
    assert contents(step.artifact.items) == before


def test_a_second_run_does_nothing_and_says_so(copy: Run):
    before = {path: path.stat().st_mtime_ns for path in copy.store.rglob("*") if path.is_file()}
    printed = copy.again()
    assert "nothing to do: all 9 stages are cached" in printed
    after = {path: path.stat().st_mtime_ns for path in copy.store.rglob("*") if path.is_file()}
    assert {path for path in after if after[path] != before.get(path)} <= {
        path for path in after if path.name == "root.txt" or path.parent.name in (".locks", ".runs", ".finished")
    }


def test_what_a_method_adds_is_read_by_what_follows(whole_run: Run):
    for name, chosen in ADDED.items():
        plan = whole_run.plan(f"stages={chosen}", *WITH.get(chosen, ()))
        readers = [step for step in plan.values() if not step.stage.reads_graph]
        read = {artifact.stage for step in readers for artifact in step.inputs.values()}
        assert name in read or name in READ_LATER, name
        assert plan["evaluate"].artifact.fingerprint != whole_run.plan()["evaluate"].artifact.fingerprint


def test_a_band_of_thresholds_leaves_pixels_open_that_the_segmenter_then_ignores(copy: Run):
    plan = copy.plan("stages=band", "refine=auto")
    for name in ("choose_threshold", "confident_labels"):
        make(plan[name], crew=Here())
    masks = plan["train_segmenter"].inputs["masks"]
    assert masks == plan["confident_labels"].artifact
    labels = np.concatenate([read_mask_item(path).ravel() for path in sorted(masks.items.iterdir())])
    assert 0 < (labels == IGNORE).mean() < 1


AFTER = {name: {name, *STAGES[place + 1 :]} for place, name in enumerate(STAGES)}


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("runtime.workers=2", set()),
        ("logger=none", set()),
        ("launcher=torchrun", set()),
        ("launcher=ray", set()),
        ("name=other", {"report"}),
        ("predict.batch_size=2", AFTER["predict_masks"]),
        ("masks=confident", AFTER["make_masks"]),
        ("refine.background.threshold=0.5", AFTER["refine_cams"]),
        ("cam=gradcam", AFTER["extract_cams"]),
        ("fit.segmenter.learning_rate=0.5", AFTER["train_segmenter"]),
        ("random_seed=1", AFTER["train_classifier"]),
        ("dataset.train=7", AFTER["index_data"]),
    ],
)
def test_an_option_changes_what_depends_on_it_and_nothing_else(
    override: str, changed: set[str], toy_run: Run, steps: dict[str, Step]
):
    other = toy_run.plan(override)
    assert {name for name in STAGES if other[name].artifact.fingerprint != steps[name].artifact.fingerprint} == changed


@pytest.mark.parametrize(
    ("key", "chosen"),
    [
        ("predict.batch_size", ()),
        ("pipeline.extract_cams.batch_size", ()),
        ("pipeline.activate_maps.batch_size", ("stages=amn",)),
        ("pipeline.embed_images.batch_size", ("stages=embed",)),
        ("pipeline.relabel.batch_size", ("stages=selftrain",)),
    ],
)
def test_batches_without_images_are_refused(key: str, chosen: tuple[str, ...]):
    """A negative number of images made batches of none, and so a stage without items, in silence."""
    config = composed(*chosen, f"{key}=-1")
    with pytest.raises(ConfigError, match="batch_size must be at least 1, got -1"):
        build_stages(config["pipeline"])


def test_a_plan_computes_nothing(tmp_path: Path):
    config = composed()
    steps = make_plan(config["pipeline"], store=Store.at(tmp_path / "store"))
    assert [step.name for step in steps] == STAGES
    assert {step.artifact.state() for step in steps} == {"run"}
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["checked.json"]  # which checks need no repetition


def test_scores_say_what_every_stage_reached(toy_run: Run):
    scores = read_json(toy_run.out / "scores.json", dict)
    assert {stage: set(splits) for stage, splits in scores.items()} == {
        "train_classifier": {"val"},
        "extract_cams": {"train"},
        "refine_cams": {"train"},
        "make_masks": {"train"},
        "predict_masks": {"train", "val"},
    }
    assert 0 <= scores["predict_masks"]["val"]["miou"] <= 1
