"""Which loggers there are, and what is refused before a run rather than lost in it."""

import logging
from pathlib import Path

import pytest

from wsss.errors import ConfigError
from wsss.training.loggers.guarded import Guarded
from wsss.training.loggers.history import HISTORY, HistoryRow, read_history
from wsss.training.loggers.options import CSVHistory, NoLogger, TensorBoard, Wandb, has_key


@pytest.fixture(autouse=True)
def _without_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE", "WANDB_BASE_URL", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def test_the_history_lies_in_the_folder(tmp_path: Path):
    (history,) = CSVHistory().open(tmp_path)
    assert isinstance(history, Guarded)
    history.rewind(0)
    history.log_metrics({"train/loss": 0.5}, 3)
    assert read_history(tmp_path / HISTORY) == [HistoryRow(step=3, name="train/loss", value=0.5)]
    assert [path.name for path in tmp_path.iterdir()] == [HISTORY]


def test_no_logger_writes_nothing(tmp_path: Path):
    assert NoLogger().open(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_the_history_stays_on_beside_the_others(tmp_path: Path):
    assert [logger.name for logger in TensorBoard().open(tmp_path)] == [HISTORY, "tensorboard"]
    assert [logger.name for logger in Wandb().open(tmp_path)] == [HISTORY, "wandb"]
    assert [logger.name for logger in Wandb(mode="disabled").open(tmp_path)] == [HISTORY]
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / "logs").write_text("in the way of a folder", encoding="utf-8")
    history, tensorboard = TensorBoard().open(tmp_path)
    for logger in (history, tensorboard):
        logger.rewind(0)
        logger.log_metrics({"train/loss": 0.5}, 0)
    assert len(read_history(tmp_path / HISTORY)) == 1
    (said,) = caplog.records
    assert said.levelno == logging.WARNING
    assert said.getMessage().startswith("tensorboard failed")


@pytest.mark.parametrize("options", [NoLogger(), CSVHistory(), TensorBoard(), Wandb(), Wandb(mode="disabled")])
def test_what_needs_no_key_is_not_refused(options: CSVHistory | NoLogger | TensorBoard | Wandb):
    options.check()


@pytest.mark.parametrize("options", [NoLogger(), CSVHistory(), TensorBoard(), Wandb(mode="disabled")])
def test_a_finished_run_is_taken_over_by_wandb_alone(
    options: CSVHistory | NoLogger | TensorBoard | Wandb, tmp_path: Path
):
    assert options.finish(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


def test_a_finished_run_that_cannot_be_handed_over_is_still_finished(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    assert Wandb().finish(tmp_path / "nowhere") == ""
    (said,) = caplog.records
    assert said.getMessage().startswith("wandb failed and is left out from here on (StoreError: ")


def test_online_needs_a_key():
    with pytest.raises(ConfigError, match=r"mode=online needs a key .* `wandb login`.* logger.mode=offline"):
        Wandb(mode="online").check()


@pytest.mark.parametrize(
    ("server", "kept_for", "found"),
    [
        (None, "api.wandb.ai", True),
        (None, "example.org", False),
        ("https://wandb.example.org", "wandb.example.org", True),
        ("https://wandb.example.org", "api.wandb.ai", False),
    ],
)
def test_a_key_that_wandb_login_wrote_is_found(
    server: str | None, kept_for: str, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    if server:
        monkeypatch.setenv("WANDB_BASE_URL", server)
    (tmp_path / "netrc").write_text(f"machine {kept_for}\n  login user\n  password {'k' * 40}\n", encoding="utf-8")
    (tmp_path / "netrc").chmod(0o600)
    assert has_key() == found
    assert Wandb().chosen() == ("online" if found else "offline")


def test_a_key_in_the_environment_is_found(monkeypatch: pytest.MonkeyPatch):
    assert not has_key()
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    assert has_key()
    Wandb(mode="online").check()
    assert Wandb().chosen() == "online"
    assert Wandb(mode="offline").chosen() == "offline"


@pytest.mark.parametrize(
    ("said", "chosen"), [("offline", "offline"), ("dryrun", "offline"), ("disabled", "disabled"), ("online", "online")]
)
def test_auto_heeds_what_the_environment_says(said: str, chosen: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WANDB_MODE", said)
    assert Wandb().chosen() == chosen


def test_a_torn_netrc_holds_no_key(tmp_path: Path):
    (tmp_path / "netrc").write_text("machine", encoding="utf-8")
    assert not has_key()


@pytest.mark.parametrize("project", ["", "a/b", "x" * 129])
def test_a_name_that_wandb_refuses_is_refused_here(project: str):
    with pytest.raises(ValueError, match="project: 1 to 128 characters"):
        Wandb(project=project)


@pytest.mark.parametrize("tag", ["", "x" * 65])
def test_a_tag_that_wandb_refuses_is_refused_here(tag: str):
    with pytest.raises(ValueError, match="tags: 1 to 64 characters"):
        Wandb(tags=("good", tag))
