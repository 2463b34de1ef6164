"""Parts: what processes made and nobody has packed yet, whenever a process died."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wsss.places import open_place
from wsss.store.loose import FULL, Parts, is_whole, members_of, parts_in


def is_torn(part: Path) -> bool:
    return not all(map(is_whole, members_of(part)[0]))


ITEMS = {f"{number}.png": bytes([number]) * number for number in range(5)}


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """One part of all items, to which more may be added."""
    parts = Parts(tmp_path / "loose", most=100)
    for name, data in ITEMS.items():
        parts.add(name, data)
    parts.flush()
    return parts_in(tmp_path / "loose")[0]


def held(part: Path) -> dict[str, bytes]:
    found = {}
    for member in members_of(part)[0]:
        with open_place(member) as file:
            found[member.name] = file.read()
    return found


def test_a_part_holds_what_was_added_in_order(part: Path):
    assert list(held(part).items()) == list(ITEMS.items())
    assert members_of(part)[1] is False
    assert not is_torn(part)


def test_what_is_added_is_there_when_it_is_flushed(tmp_path: Path):
    parts = Parts(tmp_path / "loose", most=3)
    parts.flush()
    parts.add("a", b"1")
    assert parts_in(tmp_path / "loose") == []
    parts.flush()
    parts.add("b", b"2")
    parts.add("c", b"3")
    parts.flush()
    (full,) = parts_in(tmp_path / "loose")
    assert held(full) == {"a": b"1", "b": b"2", "c": b"3"}
    assert members_of(full)[1] is True
    parts.add("d", b"4")
    parts.flush()
    (second,) = {*parts_in(tmp_path / "loose")} - {full}
    assert held(second) == {"d": b"4"}
    assert members_of(second)[1] is False
    assert not is_torn(full)


def test_processes_have_parts_of_their_own(tmp_path: Path):
    each = [Parts(tmp_path, most=9) for _ in range(2)]
    for number, parts in enumerate(each):
        parts.add(f"{number}", b"")
        parts.flush()
    assert sorted(name for part in parts_in(tmp_path) for name in held(part)) == ["0", "1"]


def test_threads_share_one(tmp_path: Path):
    parts = Parts(tmp_path, most=10_000)

    def work(thread: int) -> None:
        for number in range(100):
            parts.add(f"{thread}.{number}", bytes([thread]) * number)
            parts.flush()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    found: dict[str, bytes] = {}
    for part in parts_in(tmp_path):
        found |= held(part)
    assert found == {f"{thread}.{number}": bytes([thread]) * number for thread in range(4) for number in range(100)}


def test_a_process_that_was_killed_while_it_wrote_leaves_what_it_had_written(part: Path):
    whole = part.read_bytes()
    ends = [0, *(member.start for member in members_of(part)[0][1:]), len(whole)]
    for kept in range(len(whole)):
        part.write_bytes(whole[:kept])
        found, is_full = members_of(part)
        assert len(found) == sum(end <= kept for end in ends[1:])
        assert not is_full
        assert not is_torn(part), "what is missing at the end may still come"


def test_bytes_that_changed_are_told(part: Path):
    whole = part.read_bytes()
    member = members_of(part)[0][3]
    changed = bytearray(whole)
    changed[member.start + 30 + len(member.name)] ^= 1
    part.write_bytes(changed)
    assert is_torn(part)
    part.write_bytes(whole + bytes(100))  # as file systems fill up a file whose end did not reach the disk
    assert held(part) == ITEMS
    assert not is_torn(part)


def test_an_end_is_one_only_where_the_items_end(part: Path):
    whole = part.read_bytes()
    part.write_bytes(whole + FULL)
    assert members_of(part)[1] is True
    part.write_bytes(whole[:-1] + FULL)
    assert members_of(part)[1] is False


def test_a_part_that_is_gone_has_nothing(part: Path):
    part.unlink()
    assert members_of(part) == ([], False)


def test_an_item_whose_part_was_packed_meanwhile_is_whole(part: Path):
    member = members_of(part)[0][0]
    part.unlink()
    assert is_whole(member)


def test_other_files_have_nothing(tmp_path: Path):
    for name, data in (("a.png", b"\x89PNG" + bytes(50)), ("empty", b""), ("short", b"PK\x03\x04")):
        (tmp_path / name).write_bytes(data)
        assert members_of(tmp_path / name) == ([], False)


def test_a_part_that_cannot_be_written_is_named_and_another_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names = iter(["full", "next"])
    monkeypatch.setattr("wsss.store.loose.secrets.token_hex", lambda _: next(names))
    (tmp_path / "full").symlink_to("/dev/full")  # where the kernel says that the disk is full
    parts = Parts(tmp_path, most=9)
    parts.add("a", b"1")
    with pytest.raises(OSError, match=r"No space left on device: '.*/full'"):
        parts.flush()
    parts.add("b", b"2")
    parts.flush()
    assert held(tmp_path / "next") == {"b": b"2"}
