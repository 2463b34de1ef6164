"""One process has nobody to wait for."""

import pytest
from torch import distributed

from wsss.engine.barrier import any_worker, barrier


def test_alone_there_is_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    barrier()
    assert any_worker(True)
    assert not any_worker(False)
    assert not distributed.is_initialized()
