"""`wsss data prepare` from the command line."""

from pathlib import Path

import pytest
from benchmark_data import coco14, sbd, voc12
from command_line import call
from download_server import serving

from wsss.apps.prepare.benchmarks import BENCHMARKS

TRAIN_AUG = "++dataset.splits.train_aug=ImageSets/Segmentation/train_aug.txt"


def prepare(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    return call("data", monkeypatch, "prepare", *arguments)


def test_a_plan_of_the_real_ones_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("voc12", "coco14"):
        assert prepare(monkeypatch, name, tmp_path, "--plan") == 0
        out = capsys.readouterr().out
        assert "to load: " in out
        assert BENCHMARKS[name].licence in out
    assert list(tmp_path.iterdir()) == []


def test_voc_and_sbd_end_with_a_check_and_the_command_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    root = f"dataset.root={data}/VOCdevkit/VOC2012"
    for stand_in, command, masks in (
        (voc12(tmp_path / "drawn"), f"wsss run dataset=voc {root}", "│ train │      3 │"),
        (
            sbd(),
            f"wsss run dataset=voc {root} {TRAIN_AUG} splits.train=train_aug",
            "│ train_aug │      5 │               0 │           5 │",
        ),
    ):
        name = stand_in.benchmark.name
        monkeypatch.setitem(BENCHMARKS, name, stand_in.benchmark)
        with serving(files=dict(stand_in.files)) as server:
            assert prepare(monkeypatch, name, data, "--mirror", server.address) == 0
            out = capsys.readouterr().out
            assert command in out.splitlines()
            assert masks in out
            assert "a run takes this data set" in out
            assert prepare(monkeypatch, name, data, "--mirror", server.address) == 0
        out = capsys.readouterr().out.splitlines()
        assert out[-2:] == ["it is prepared already; nothing is to be done", command]
        assert len(server.asked) == 1


def test_coco_from_files_of_one_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in = coco14(tmp_path / "drawn")
    monkeypatch.setitem(BENCHMARKS, "coco14", stand_in.benchmark)
    mine = [tmp_path / f"mine {number}" for number in range(3)]
    for path, content in zip(mine, stand_in.files.values(), strict=True):
        path.write_bytes(content)
    assert prepare(monkeypatch, "coco14", tmp_path / "data", "--from", *mine) == 0
    out = capsys.readouterr().out
    assert f"wsss run dataset=coco dataset.root={tmp_path}/data/coco14" in out.splitlines()
    assert "│ train │      4 │               1 │           4 │" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["voc07"], "there is no benchmark 'voc07'; there are voc12, sbd, coco14"),
        (["sbd", "."], "prepare voc12 first"),
        (["voc12", "--mirror", "ftp://x"], "--mirror: ftp://x is not an address of the web: write http:// or https://"),
        (["voc12", ".", "--from", "gone.tar"], "--from: gone.tar is not a file"),
        (["voc12", "/proc/wsss", "--plan"], "/proc/wsss cannot be written, a place where no files can be made"),
        (["voc12", __file__, "--plan"], f"{__file__} cannot be written, a file is where a folder is wanted"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert prepare(monkeypatch, *arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
