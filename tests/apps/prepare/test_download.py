"""Downloads from a server that drops, lies, has no ranges, or answers something else."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_data import as_archive
from download_server import Server, serving

from wsss.apps.prepare import download as module
from wsss.apps.prepare.benchmark import Archive
from wsss.apps.prepare.benchmarks import VOC12
from wsss.apps.prepare.download import ATTEMPTS, download, verify
from wsss.errors import DataError

CONTENT = np.random.default_rng(0).bytes(50_000)
ARCHIVE: Archive = replace(as_archive(VOC12.archives[0], CONTENT), name="a.tar")


def loaded(folder: Path, *sources: str, archive: Archive = ARCHIVE, told: list[int] | None = None) -> tuple[Path, str]:
    advance = (lambda count: None) if told is None else told.append
    return download(archive, folder, sources=sources, advance=advance, pause=0)


def ranges(server: Server) -> Sequence[str | None]:
    return [span for _, span in server.asked]


def test_a_whole_file(tmp_path: Path):
    told: list[int] = []
    with serving(files={"a.tar": CONTENT}) as server:
        path, source = loaded(tmp_path, f"{server.address}/a.tar", told=told)
    assert path.read_bytes() == CONTENT
    assert source == f"{server.address}/a.tar"
    assert sum(told) == len(CONTENT)
    assert [each.name for each in tmp_path.iterdir()] == ["a.tar"]


@pytest.mark.parametrize("silent", [False, True])
def test_a_connection_that_drops_goes_on_where_it_dropped(silent: bool, tmp_path: Path):
    told: list[int] = []
    with serving(files={"a.tar": CONTENT}, drops=[10_000, 20_000], silent=silent) as server:
        path, _ = loaded(tmp_path, f"{server.address}/a.tar", told=told)
    assert path.read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=10000-", "bytes=30000-"]
    assert sum(told) == len(CONTENT)


def test_a_server_without_ranges_starts_anew(tmp_path: Path):
    told: list[int] = []
    with serving(files={"a.tar": CONTENT}, drops=[10_000], ranges=False) as server:
        path, _ = loaded(tmp_path, f"{server.address}/a.tar", told=told)
    assert path.read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=10000-"]
    assert sum(told) == len(CONTENT)


def test_an_interrupted_download_goes_on_in_a_later_call(tmp_path: Path):
    def interrupt(count: int) -> None:
        raise KeyboardInterrupt

    with serving(files={"a.tar": CONTENT}, drops=[12_345]) as server:
        with pytest.raises(KeyboardInterrupt):
            download(ARCHIVE, tmp_path, sources=[f"{server.address}/a.tar"], advance=interrupt)
        kept = (tmp_path / "a.tar.part").read_bytes()  # at most what came: how much does a read of a socket give?
        assert kept
        assert CONTENT[:12_345].startswith(kept)
        path, _ = loaded(tmp_path, f"{server.address}/a.tar")
    assert ranges(server) == [None, f"bytes={len(kept)}-"]
    assert path.read_bytes() == CONTENT


def test_a_part_that_is_whole_needs_no_network(tmp_path: Path):
    (tmp_path / "a.tar.part").write_bytes(CONTENT)
    path, _ = loaded(tmp_path, "http://127.0.0.1:9/a.tar")
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("part", [b"of another file", CONTENT + b"more"])
def test_what_was_loaded_of_another_file_is_loaded_anew(part: bytes, tmp_path: Path):
    (tmp_path / "a.tar.part").write_bytes(part)
    told: list[int] = [len(part)]
    with serving(files={"a.tar": CONTENT}) as server:
        path, _ = loaded(tmp_path, f"{server.address}/a.tar", told=told)
    assert path.read_bytes() == CONTENT
    assert sum(told) == len(CONTENT)


def wrong(content: bytes = CONTENT, **options: Any) -> dict[str, Any]:
    return {"files": {"a.tar": content}, **options}


WRONG = {
    "another hash": (wrong(CONTENT[::-1]), "gave another file, which was deleted .* sha256"),
    "a shorter file": (wrong(CONTENT[:-1]), r"it has another file \(49999 bytes, where 50,000 are right\)"),
    "a longer file": (wrong(CONTENT + b"x"), r"it has another file \(50001 bytes"),
    "nothing there": (wrong(status=404), "it answers 404 Not Found"),
    "a login": (wrong(status=403), "it answers 403 Forbidden"),
    "an overloaded server": (wrong(status=503), "breaks again and again .it answers 503"),
    "a web page": (wrong(html=True), "it answers with a web page, most likely of a login or an error"),
    "a rest from elsewhere": (
        wrong(drops=[10_000], shift=7),
        r"it has another file \(10007-49999 of 50000 bytes, where 50,000 are right\)",
    ),
    "nothing at all": (wrong(drops=[0] * 20), r"breaks again and again \(it ended 50,000 bytes before the end\)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_source_that_does_not_give_the_file_is_told_and_the_next_is_tried(name: str, tmp_path: Path):
    options, words = WRONG[name]
    with serving(**options) as bad, serving(files={"b.tar": CONTENT}) as good:
        with pytest.raises(DataError, match=rf"(?s)a\.tar cannot be loaded: .*--from.*--mirror.*/a\.tar: .*{words}"):
            loaded(tmp_path, f"{bad.address}/a.tar")
        assert not (tmp_path / "a.tar").exists()
        path, source = loaded(tmp_path, f"{bad.address}/a.tar", f"{good.address}/b.tar")
    assert path.read_bytes() == CONTENT
    assert source == f"{good.address}/b.tar"


def test_a_server_that_is_gone_is_asked_a_few_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(module.time, "sleep", asked.append)
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9/a\.tar: the connection breaks again and again"):
        download(ARCHIVE, tmp_path, sources=["http://127.0.0.1:9/a.tar"], advance=lambda count: None, pause=1)
    assert asked == [2**n for n in range(1, ATTEMPTS)]


def test_what_was_loaded_of_a_source_that_breaks_is_kept_and_the_next_goes_on(tmp_path: Path):
    with serving(files={"a.tar": CONTENT}, drops=[10_000, *[0] * 20]) as bad, serving(files={"a.tar": CONTENT}) as good:
        with pytest.raises(DataError, match=r"10,000 bytes are kept in .*a\.tar\.part, and the same command goes on"):
            loaded(tmp_path, f"{bad.address}/a.tar")
        loaded(tmp_path, f"{good.address}/a.tar")
    assert ranges(good) == ["bytes=10000-"]


def test_other_addresses_are_not_opened(tmp_path: Path):
    (tmp_path / "secret").write_bytes(CONTENT)
    with pytest.raises(DataError, match="is not an address of the web"):
        loaded(tmp_path, f"file://{tmp_path}/secret")


def test_a_file_is_verified_by_size_and_hash(tmp_path: Path):
    path = tmp_path / "mine"
    path.write_bytes(CONTENT)
    verify(ARCHIVE, path)
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(DataError, match=r"mine is not a\.tar: it has 49,999 bytes, and 50,000 are right"):
        verify(ARCHIVE, path)
    path.write_bytes(CONTENT[:-1] + b"?")
    with pytest.raises(DataError, match=r"mine is not a\.tar, though as large: its sha256 is"):
        verify(ARCHIVE, path)
