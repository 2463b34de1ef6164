"""What all engines share: the words of a process's end, and what it is told."""

from pathlib import Path

from wsss.apps.sweep.engine import said_of, told
from wsss.apps.sweep.node_folder import NodeFolder


def test_an_end_is_put_into_words(tmp_path: Path):
    folder = NodeFolder(path=tmp_path)
    assert said_of(folder, 0) is None
    assert said_of(folder, -9) == f"its process was killed by signal 9; see {tmp_path / 'log.txt'}"
    assert said_of(folder, 70) == f"its process ended with exit code 70; see {tmp_path / 'log.txt'}"
    assert said_of(folder, 143) == (
        f"its process was ended by SIGTERM: run the sweep again to go on with what it made; see {tmp_path / 'log.txt'}"
    )
    folder.say_failed("no disk")
    assert said_of(folder, 2) == "no disk"


def test_a_process_is_told_where_to_say_how_far_it_is_and_how_many_cores_it_has(tmp_path: Path):
    folder = NodeFolder(path=tmp_path)
    progress = {"WSSS_PROGRESS": str(tmp_path / "progress.json")}
    assert told(folder, cores=None) == progress
    assert told(folder, cores=3) == {**progress, "WSSS_CORES": "3", "OMP_NUM_THREADS": "3"}
