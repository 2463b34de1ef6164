"""Items that an earlier artifact holds already: what is taken, and what never is."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from builders import write_item
from toy_runs import drawn_index, drawn_maps, made

from wsss.data.index import Index
from wsss.engine.map import Map, by_size
from wsss.engine.processes import World
from wsss.engine.stage import Job, Runtime, read_index
from wsss.masks import Argmax
from wsss.stages.combine_maps import CombineMaps
from wsss.stages.make_masks import MakeMasks
from wsss.store.jobs import FrozenJob, write_job
from wsss.store.kinds import CHOICE, MAPS, MASKS
from wsss.store.store import Artifact, Store
from wsss.store.verify import check, repair
from wsss.testing.stages import contents
from wsss.types import ScoreMaps, Size

SAME = {name: [[0, 1], [0, 2]] for name in "abcd"}
IDENTITY = "1" * 16


def maps(*values: float) -> ScoreMaps:
    """Scores of the background and of a cat; the pixels where the cat's are above one half are told apart."""
    cat = torch.tensor(values).reshape(2, 2)
    return ScoreMaps(labels=torch.tensor([0, 1]), scores=torch.stack([1 - cat, cat]), size=Size(height=2, width=2))


MAPS_OF = {name: maps(0.9, 0.1, 0.2, place / 4) for place, name in enumerate("abcd")}


class Bench:
    """A store in which `make_masks` is run again and again, on an index and maps as they are then."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(root=folder)
        self.index = drawn_index(self.store, SAME)
        self.maps = drawn_maps(self.store, "refine_cams", MAPS_OF, kind=MAPS)
        self.stage: Map = MakeMasks(masks=Argmax(), runtime=Runtime(device="cpu", workers=1))
        self.more: dict[str, Artifact] = {}

    def run(self, digit: str, *, identity: str | None = IDENTITY) -> dict[str, Any]:
        """Make the masks under a fingerprint, and return the summary."""
        artifact = self.store.artifact("make_masks", digit * 16)
        inputs = {**self.more, "index": self.index, "maps": self.maps}
        frozen = {role: (each.stage, each.fingerprint) for role, each in inputs.items()}
        job = FrozenJob(
            stage=artifact.stage,
            fingerprint=artifact.fingerprint,
            identity=identity,
            command="by hand",
            inputs=frozen,
            outside=(),
            config={},
        )
        write_job(artifact, job)
        summary = self.stage.run(Job(artifact=artifact, inputs=inputs))
        artifact.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary=summary)
        return summary

    def files(self, digit: str) -> dict[str, int]:
        """The inodes of an artifact's items by name."""
        folder = self.store.artifact("make_masks", digit * 16).items
        return {path.name: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}

    def pack(self, images: int | None) -> None:
        """Put so many images into a pack from now on."""
        self.stage = replace(self.stage, runtime=replace(self.stage.runtime, pack=images))

    def contents(self, digit: str) -> dict[str, bytes]:
        """The bytes of an artifact's files."""
        return contents(self.store.artifact("make_masks", digit * 16).items)

    def shared(self, one: str, other: str) -> str:
        """The images whose item is one file in both."""
        ours, theirs = self.files(one), self.files(other)
        return "".join(sorted(Path(name).stem for name in ours if ours[name] == theirs.get(name)))

    def change_index(self, **options: Any) -> None:
        """Read another index from now on: `records` by id replace or join those that were there."""
        index = read_index(self.index)
        records = dict(index.records) | options.pop("records", {})
        index = replace(index, records=records, splits={"train": tuple(records)}, **options)
        other = self.store.artifact("index_data", f"{int(self.index.fingerprint, 16) + 1:016x}")
        other.items.mkdir(parents=True)
        (other.items / "index.json").write_text(index.to_json(), encoding="utf-8")
        (other.path / "root.txt").write_text(str(self.index.items), encoding="utf-8")
        self.index = made(other, MAPS)

    def change_maps(self, others: Mapping[str, ScoreMaps]) -> None:
        """Read other maps from now on, of some images."""
        self.maps = drawn_maps(self.store, f"{self.maps.stage}_other", {**MAPS_OF, **others}, kind=MAPS)


def packed(artifact: Artifact, index: Index) -> Artifact:
    """The same maps, two in a pack."""
    other = artifact.root / f"{artifact.stage}_packed"
    copy = Store(root=artifact.root).artifact(other.name, artifact.fingerprint)
    files, packs = MAPS.items(artifact, index), MAPS.new_items(copy, index, pack=2)
    records = list(index.records.values())
    with packs.writer() as writer:
        for record in records:
            writer.take(record, files.place(record))
    packs.sealer([[record] for record in records]).close()
    return made(copy, MAPS, summary={"splits": ["train"]})


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    assert bench.run("a")["made"] == 4
    return bench


def test_an_image_with_other_bytes_is_the_only_one_made(bench: Bench):
    record = replace(read_index(bench.index).records["b"], digest="other")
    bench.change_index(records={"b": record})
    assert bench.run("b")["made"] == 1
    assert bench.shared("a", "b") == "acd"


def test_an_image_that_joins_is_the_only_one_made(bench: Bench):
    new = replace(read_index(bench.index).records["b"], id="e", digest="new")
    bench.change_index(records={"e": new})
    bench.change_maps({"e": MAPS_OF["a"]})
    assert bench.run("b")["made"] == 1
    assert bench.shared("a", "b") == "abcd"


def test_another_item_of_a_stage_before_is_another_item(bench: Bench):
    bench.change_maps({"c": maps(0.9, 0.9, 0.9, 0.9)})
    assert bench.run("b")["made"] == 1
    assert bench.shared("a", "b") == "abd"


def test_the_latest_artifacts_are_asked_first(bench: Bench):
    bench.change_maps({"c": maps(0.9, 0.9, 0.9, 0.9)})
    bench.run("b")
    latest = bench.store.artifact("make_masks", "b" * 16).manifest_path
    os.utime(latest, (latest.stat().st_atime, latest.stat().st_mtime + 10))
    bench.change_maps({"d": maps(0.9, 0.9, 0.9, 0.9)})
    assert bench.run("c")["made"] == 1  # two of three maps are as in b, and c is as in a
    assert bench.shared("a", "c") == "abc"


def test_a_batch_is_taken_as_a_whole(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(MakeMasks, "batches", lambda self, index: by_size(index.union(self.splits), limit=2))
    bench.change_maps({"c": maps(0.9, 0.9, 0.9, 0.9)})
    assert bench.run("b")["made"] == 2
    assert bench.shared("a", "b") == "ab"


@pytest.mark.parametrize(
    "options", [{"classes": ("cat", "wolf")}, {"white": 4095}, {"long_side": 500}], ids=["classes", "white", "side"]
)
def test_what_all_images_depend_on_is_the_same_or_nothing_is_taken(options: dict[str, Any], bench: Bench):
    bench.change_index(**options)
    assert bench.run("b")["made"] == 4


def test_another_label_is_another_item(bench: Bench):
    bench.change_index(records={"a": replace(read_index(bench.index).records["a"], classes=(0,))})
    assert bench.run("b")["made"] == 1


def test_what_is_read_as_a_whole_is_the_same_or_nothing_is_taken(bench: Bench):
    def choice(digit: str, text: str) -> Artifact:
        artifact = bench.store.artifact("choose_threshold", digit * 16)
        artifact.items.mkdir(parents=True)
        (artifact.items / "choice.json").write_text(text, encoding="utf-8")
        return made(artifact, CHOICE)

    assert bench.run("b")["made"] == 0
    bench.more = {"choice": choice("1", "0.3")}
    assert bench.run("c")["made"] == 4
    bench.more = {"choice": choice("2", "0.3")}
    assert bench.run("d")["made"] == 0  # made anew, and the same
    bench.more = {"choice": choice("3", "0.4")}
    assert bench.run("e")["made"] == 4


def test_each_role_reads_what_it_read(tmp_path: Path):
    bench = Bench(tmp_path)
    raw = {name: replace(each, labels=each.labels + 1) for name, each in MAPS_OF.items()}
    first = drawn_maps(bench.store, "extract_cams", raw)
    second = drawn_maps(bench.store, "extract_fine", {**raw, "a": raw["b"]})
    bench.stage = CombineMaps(runtime=bench.stage.runtime)
    bench.maps, bench.more = first, {"fine": second}
    assert bench.run("a")["made"] == 4
    bench.maps, bench.more = second, {"fine": first}
    assert bench.run("b")["made"] == 1  # what of the others is the same in both roles


def test_a_stage_with_other_options_has_other_items(bench: Bench):
    assert bench.run("b", identity="2" * 16)["made"] == 4
    assert bench.run("c", identity=None)["made"] == 4
    assert bench.run("d", identity=None)["made"] == 4


def test_nothing_is_taken_of_other_packages(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wsss.engine.taken_over.versions", lambda: {"torch": "0.1"})
    assert bench.run("b")["made"] == 4


def test_a_damaged_item_is_not_taken(bench: Bench):
    path = bench.store.artifact("make_masks", "a" * 16).items / "b.png"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"\0")
    assert bench.run("b")["made"] == 1
    assert (bench.store.artifact("make_masks", "b" * 16).items / "b.png").read_bytes() == whole


@pytest.mark.parametrize("name", ["manifest.json", "stage.yaml"])
def test_a_damaged_artifact_is_no_source(name: str, bench: Bench):
    path = bench.store.artifact("make_masks", "a" * 16).path / name
    path.write_bytes(path.read_bytes()[:-40])
    assert bench.run("b")["made"] == 4


def test_an_artifact_whose_inputs_are_gone_is_no_source(bench: Bench):
    gone = bench.maps
    bench.change_maps({})
    gone.manifest_path.unlink()
    assert bench.run("b")["made"] == 4


@pytest.mark.parametrize(("before", "now"), [(2, 2), (None, 3), (3, None), (1, 4), (4, 2)])
def test_packs_are_searched_and_filled_as_if_they_were_made_from_nothing(
    before: int | None, now: int | None, bench: Bench
):
    bench.store.artifact("make_masks", "a" * 16).manifest_path.unlink()
    bench.pack(before)
    assert bench.run("b")["made"] == 4
    bench.pack(now)
    bench.change_maps({"c": maps(0.9, 0.9, 0.9, 0.9)})
    assert bench.run("c")["made"] == 1
    assert bench.run("d", identity=None)["made"] == 4
    assert bench.contents("c") == bench.contents("d") != bench.contents("b")


@pytest.fixture
def in_packs(bench: Bench) -> Bench:
    """The same in packs of two, of which another run of the stage would take over the items of `b`."""
    bench.store.artifact("make_masks", "a" * 16).manifest_path.unlink()
    bench.pack(2)
    assert bench.run("b")["made"] == 4
    bench.change_maps({"c": maps(0.9, 0.9, 0.9, 0.9)})
    return bench


def test_a_pack_without_a_changed_image_is_one_file_of_both(in_packs: Bench, caplog: pytest.LogCaptureFixture):
    with caplog.at_level("INFO"):
        assert in_packs.run("c")["made"] == 1
    assert in_packs.shared("b", "c") == "00000000"
    assert "3 items are those of make_masks" in caplog.text
    assert not check(in_packs.store.artifact("make_masks", "c" * 16))
    assert in_packs.run("d", identity=None)["made"] == 4
    assert in_packs.contents("c") == in_packs.contents("d")


def test_a_pack_is_copied_where_a_file_has_one_name(in_packs: Bench, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    assert in_packs.run("c")["made"] == 1
    assert in_packs.shared("b", "c") == ""
    assert in_packs.run("d", identity=None)["made"] == 4
    assert in_packs.contents("c") == in_packs.contents("d")


def test_one_of_several_processes_takes_items_and_no_packs(in_packs: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wsss.engine.taken_over.world", lambda: World(rank=0, size=2))
    assert in_packs.run("c")["made"] == 1
    assert in_packs.shared("b", "c") == ""
    assert in_packs.run("d", identity=None)["made"] == 4
    assert in_packs.contents("c") == in_packs.contents("d")


def test_an_item_more_or_another_order_makes_another_pack(in_packs: Bench):
    index = read_index(in_packs.index)
    in_packs.change_maps({"e": MAPS_OF["a"]})
    in_packs.change_index(records={"e": replace(index.records["b"], id="e", digest="new")})
    assert in_packs.run("c")["made"] == 1
    assert in_packs.shared("b", "c") == "0000000000000002"
    in_packs.pack(3)
    assert in_packs.run("d")["made"] == 0
    assert in_packs.shared("c", "d") == ""


def test_a_pack_of_which_an_item_is_there_already_is_not_taken_as_a_whole(in_packs: Bench):
    index = read_index(in_packs.index)
    artifact, other = in_packs.store.artifact("make_masks", "c" * 16), np.full((2, 2), 7, dtype=np.uint8)
    write_item(MASKS.new_items(artifact, index, pack=2), index.records["a"], other)
    assert in_packs.run("c")["made"] == 1
    assert in_packs.shared("b", "c") == ""
    assert MASKS.items(artifact, index).read(index.records["a"]).tolist() == other.tolist()


def test_a_shared_pack_that_is_damaged_is_made_anew_beside_the_other(in_packs: Bench):
    in_packs.run("c")
    ours, theirs = (in_packs.store.artifact("make_masks", digit * 16) for digit in "cb")
    whole = in_packs.contents("c")
    pack = ours.items / "packs" / "00000000.zip"
    with pack.open("r+b") as file:
        file.seek(10)
        file.write(b"\1")
    damages = check(ours)
    assert [each.path for each in damages] == [pack]
    assert [each.path.name for each in check(theirs)] == ["00000000.zip"]
    assert repair(ours, damages)
    assert in_packs.run("c")["made"] == 2
    assert in_packs.contents("c") == whole
    assert not check(ours)
    assert [each.path.name for each in check(theirs)] == ["00000000.zip"], "what belongs to another is not written into"


@pytest.mark.parametrize("packs", ["of both", "of the earlier", "of the later"])
def test_inputs_are_compared_whatever_they_lie_in(packs: str, bench: Bench):
    if packs != "of the later":
        bench.maps = packed(bench.maps, read_index(bench.index))
        bench.run("b")
        bench.store.artifact("make_masks", "a" * 16).manifest_path.unlink()
    bench.change_maps({"c": maps(0.9, 0.9, 0.9, 0.9)})
    if packs != "of the earlier":
        bench.maps = packed(bench.maps, read_index(bench.index))
    assert bench.run("c")["made"] == 1
    assert bench.run("d", identity=None)["made"] == 4
    assert bench.contents("c") == bench.contents("d")


def test_an_input_that_is_not_in_its_packs_is_no_reason_to_take_an_item(bench: Bench):
    bench.maps = packed(bench.maps, read_index(bench.index))
    bench.run("b")
    (bench.maps.items / "packs" / "00000000.zip").unlink()
    bench.store.artifact("make_masks", "a" * 16).manifest_path.unlink()
    bench.change_maps({})
    assert bench.run("c")["made"] == 2
    assert bench.shared("b", "c") == "cd"


def test_nothing_is_taken_of_a_damaged_pack(bench: Bench):
    bench.store.artifact("make_masks", "a" * 16).manifest_path.unlink()
    bench.pack(2)
    bench.run("b")
    path = bench.store.artifact("make_masks", "b" * 16).items / "packs" / "00000000.zip"
    whole = path.read_bytes()
    path.write_bytes(whole[:10] + b"\1" + whole[11:])  # in a time that nobody reads
    assert bench.run("c")["made"] == 2


def test_what_was_begun_in_packs_keeps_what_it_has(bench: Bench):
    bench.pack(2)
    begun = MASKS.new_items(bench.store.artifact("make_masks", "b" * 16), read_index(bench.index), pack=2)
    other = np.full((2, 2), 7, dtype=np.uint8)
    write_item(begun, read_index(bench.index).records["a"], other)
    assert bench.run("b")["made"] == 0
    made_of = MASKS.items(bench.store.artifact("make_masks", "b" * 16), read_index(bench.index))
    assert made_of.read(read_index(bench.index).records["a"]).tolist() == other.tolist()


def test_true_masks_are_not_looked_through(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(MakeMasks, "uses_true_masks", True)
    assert bench.run("b")["made"] == 4


def test_a_stage_whose_items_depend_on_all_images_takes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(MakeMasks, "items_stand_alone", False)
    assert bench.run("b")["made"] == 4


def test_an_image_without_a_digest_is_made(bench: Bench):
    bench.change_index(records={i: replace(each, digest=None) for i, each in read_index(bench.index).records.items()})
    assert bench.run("b")["made"] == 4
    assert bench.run("c")["made"] == 4


def test_items_are_copied_where_a_file_has_one_name(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    assert bench.run("b")["made"] == 0
    assert bench.shared("a", "b") == ""
    folders = [bench.store.artifact("make_masks", digit * 16).items for digit in "ab"]
    assert [(folders[0] / f"{i}.png").read_bytes() for i in "abcd"] == [
        (folders[1] / f"{i}.png").read_bytes() for i in "abcd"
    ]


def test_what_was_begun_keeps_what_it_has(bench: Bench):
    artifact = bench.store.artifact("make_masks", "b" * 16)
    artifact.items.mkdir(parents=True)
    (artifact.items / "a.png").write_bytes((bench.store.artifact("make_masks", "a" * 16).items / "a.png").read_bytes())
    assert bench.run("b")["made"] == 0
    assert bench.shared("a", "b") == "bcd"


def test_the_log_says_whose_items_they_are(bench: Bench, caplog: pytest.LogCaptureFixture):
    with caplog.at_level("INFO"):
        bench.run("b")
    assert f"4 items are those of make_masks {'a' * 16}" in caplog.text
