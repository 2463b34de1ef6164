"""What is remembered of files that were read."""

import hashlib
from pathlib import Path

import pytest

from wsss.store.seen_files import digest_in, has_state, read_seen, seen_file, state_bytes, write_seen

STATE = [3, -5, 7, 2**64 - 1]
"""A file from before 1970 with the largest inode."""


def remembered(name: str) -> bytes:
    return seen_file(state_bytes(STATE), hashlib.sha256(name.encode()).hexdigest())


@pytest.mark.parametrize("names", [(), ("/a",), ("/a b", "/ä\n", "/c")])
def test_what_is_written_is_read(names: tuple[str, ...], tmp_path: Path):
    files = {name: remembered(name) for name in names}
    write_seen(tmp_path / "digests.bin", files)
    assert read_seen(tmp_path / "digests.bin") == files
    assert all(digest_in(file) == hashlib.sha256(name.encode()).hexdigest() for name, file in files.items())


def test_a_record_has_64_bytes_and_is_of_one_state():
    record = remembered("/a")
    assert len(record) == 64
    assert has_state(record, state_bytes(STATE))
    assert not has_state(record, state_bytes([4, *STATE[1:]]))
    assert not has_state(b"", state_bytes(STATE))


def test_states_differ_in_each_of_their_numbers():
    assert state_bytes(STATE) == state_bytes([*STATE[:3], 2**65 - 1]), (
        "an inode of more than 64 bits counts by the last ones"
    )
    for place in range(4):
        assert state_bytes([*STATE[:place], STATE[place] - 1, *STATE[place + 1 :]]) != state_bytes(STATE)


@pytest.mark.parametrize("changed", [-(2**63) - 1, 2**63, 2**65])
def test_a_time_of_any_year_is_remembered(changed: int):
    """A clock that was wrong: file systems take years before 1678 and after 2262."""
    assert len(state_bytes([3, changed, 7, 1])) == len(state_bytes(STATE))
    assert state_bytes([3, changed, 7, 1]) != state_bytes([3, changed + 1, 7, 1])


def test_nothing_is_read_of_what_is_torn_or_not_there(tmp_path: Path):
    assert read_seen(tmp_path / "digests.bin") == {}
    write_seen(tmp_path / "digests.bin", {name: remembered(name) for name in ("/a", "/b")})
    whole = (tmp_path / "digests.bin").read_bytes()
    for data in (b"", *(whole[:length] for length in range(0, len(whole), 7)), whole + b"c", b"x" + whole[1:]):
        (tmp_path / "digests.bin").write_bytes(data)
        assert read_seen(tmp_path / "digests.bin") == {}
    short = bytes(4)
    (tmp_path / "digests.bin").write_bytes(hashlib.sha256(short).digest() + short)
    assert read_seen(tmp_path / "digests.bin") == {}
