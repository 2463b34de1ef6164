"""Hydra around the pipeline: one run, and a sweep."""

import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig
from toy_runs import SMALL, Run

from wsss.config import compose
from wsss.data.layouts.toy import Toy
from wsss.errors import ConfigError, DataError, WsssError
from wsss.masks import Argmax
from wsss.run.command import run_command
from wsss.run.known import Outcome
from wsss.run.launch import Inline
from wsss.stages.make_masks import MakeMasks


@pytest.fixture
def configs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Instead of being run, a config is put here, with the command that is kept of it."""
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr("wsss.run.pipeline.run", lambda config, *, command: seen.append(config | {"typed": command}))
    monkeypatch.setattr("sys.argv", ["wsss"])
    GlobalHydra.instance().clear()
    return seen


def test_one_run_is_composed_once_and_as_hydra_does(configs: list[dict[str, Any]], tmp_path: Path) -> None:
    arguments = ["experiment=toy", "cam=gradcam", "random_seed=3"]
    run_command(arguments)
    run_command([*arguments, f"hydra.run.dir='{tmp_path}'"])
    assert configs[0] == configs[1]
    assert (configs[0]["name"], configs[0]["random_seed"]) == ("toy", 3)
    assert configs[0]["typed"] == "wsss run experiment=toy cam=gradcam random_seed=3"


def test_a_plan_composes_once_and_builds_every_object_once(toy_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: Counter[str] = Counter()

    def count(owner: Any, name: str) -> None:
        whole = getattr(owner, name)

        def counting(*args: Any, **options: Any) -> Any:
            counts[f"{owner.__name__}.{name}"] += 1
            return whole(*args, **options)

        monkeypatch.setattr(owner, name, counting)

    count(compose, "compose")
    for cls in (MakeMasks, Argmax, Inline, Toy):
        count(cls, "__init__")
    monkeypatch.setattr("sys.argv", ["wsss"])
    GlobalHydra.instance().clear()
    run_command([*SMALL, *toy_run.overrides, "rehash=true", "plan=true"])
    first_look = counts.pop("Toy.__init__") - 1
    assert first_look == 1  # at the data, before the stack is imported
    assert set(counts.values()) == {1}
    assert len(counts) == 4


def test_what_is_hydras_is_left_to_hydra(configs: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["experiment=toy", "--cfg", "job"])
    assert "random_seed: 0" in capsys.readouterr().out
    assert configs == []


def test_a_value_that_cannot_be_resolved_is_named(configs: list[dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match="nosuch"):
        run_command(["name=${nosuch}"])
    assert configs == []


@pytest.mark.parametrize("option", ["--config-dir={}", "-cd={}"])
def test_another_folder_of_configs_serves_a_run_and_a_sweep(
    option: str, configs: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my configs" / "cam").mkdir(parents=True)
    (tmp_path / "my configs" / "cam" / "mine.yaml").write_text("_target_: wsss.cams.LayerCAM\n", encoding="utf-8")
    run_command(["cam=mine", option.format("my configs")])
    run_command([option.format("my configs"), "cam=cam,mine", "-m"])
    cam, layercam = "wsss.cams.CAM", "wsss.cams.LayerCAM"
    assert [config["cam"]["_target_"] for config in configs] == [layercam, cam, layercam]
    assert [config["typed"] for config in configs] == [
        f"wsss run cam={name} --config-dir 'my configs'" for name in ("mine", "cam", "mine")
    ]


def test_a_failure_names_its_run_where_it_ends_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[int] = []

    def run(config: dict[str, Any], *, command: str) -> None:
        started.append(config["random_seed"])
        if config["random_seed"] != 2:
            raise DataError(f"seed {config['random_seed']} is bad")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("wsss.run.pipeline.run", run)
    monkeypatch.setattr("sys.argv", ["wsss"])
    GlobalHydra.instance().clear()
    with pytest.raises(WsssError, match=r"a run of the sweep failed.* The first: seed 1 is bad"):
        run_command(["random_seed=1,2,3", "cam=gradcam", "-m"])
    assert started == [1, 2, 3]
    said = capsys.readouterr().err
    for seed in (1, 3):
        assert f"wsss: random_seed={seed} cam=gradcam: seed {seed} is bad\n" in said
    assert "seed 2" not in said


def test_what_a_sweeper_cannot_do_is_said(configs: list[dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"INTERVAL_SWEEP: give values, such as .* or choose a sweeper"):
        run_command(["refine.background.threshold=interval(0.1,0.5)", f"hydra.sweep.dir='{tmp_path}'", "-m"])
    assert configs == []


class Middle(Sweeper):
    """Tries the middle of every interval, and keeps what the run returns, as sweepers that search do."""

    __module__ = "hydra_plugins.middle"  # Hydra takes plug-ins of its own from there alone
    returned: ClassVar[list[Any]] = []

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        make = Plugins.instance().instantiate_launcher
        self.launcher = make(hydra_context=hydra_context, task_function=task_function, config=config)

    def sweep(self, arguments: list[str]) -> None:
        overrides = OverridesParser.create().parse_overrides(arguments)
        intervals = {o.get_key_element(): o.value() for o in overrides if o.is_interval_sweep()}
        others = [str(o.input_line) for o in overrides if not o.is_interval_sweep()]
        middle: Any = [f"{key}={(value.start + value.end) / 2}" for key, value in intervals.items()]
        (job,) = self.launcher.launch([[*others, *middle]], initial_job_idx=0)
        self.returned.append(job.return_value)


def test_a_sweeper_that_searches_is_given_the_objective(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {name: ModuleType(name) for name in ("hydra_plugins", "hydra_plugins.middle")}
    for name, module in modules.items():
        module.__path__ = []
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(modules["hydra_plugins"], "middle", modules["hydra_plugins.middle"], raising=False)
    monkeypatch.setattr(modules["hydra_plugins.middle"], "Middle", Middle, raising=False)
    Plugins.instance().register(Middle)
    ConfigStore.instance().store(group="hydra/sweeper", name="middle", node={"_target_": "hydra_plugins.middle.Middle"})

    def run(config: dict[str, Any], **_: str) -> Outcome:
        return Outcome(folder=Path(), artifacts=(), objective=config["refine"]["background"]["threshold"] + 1)

    monkeypatch.setattr("wsss.run.pipeline.run", run)
    monkeypatch.setattr("sys.argv", ["wsss"])
    monkeypatch.chdir(tmp_path)
    GlobalHydra.instance().clear()
    run_command(["refine=background", "refine.background.threshold=interval(0.25,0.75)", "hydra/sweeper=middle", "-m"])
    assert Middle.returned == [1.5]


def test_a_sweep_runs_every_value_and_shares_what_is_common(
    toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = toy_run.copied(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["wsss"])
    GlobalHydra.instance().clear()
    run_command([*SMALL, f"store='{copy.store}'", "masks=argmax,confident", "-m"])
    made = sorted((tmp_path / "outputs" / "run").glob("[!.]*"))
    assert [folder.name for folder in made] == ["1", "2"]
    for folder in made:
        assert "predict_masks" in json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert len(list((copy.store / "extract_cams").iterdir())) == 1
    assert len(list((copy.store / "make_masks").iterdir())) == 2
