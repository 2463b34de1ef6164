"""Whatever bytes a file holds, its reader returns something or raises a `WsssError`: no other exception, no warning.

What bounds time and memory are sizes: of texts, names, levels, values and pixels. Tests of the readers pin each.
"""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from mutations import CHANGES, Change, changed
from readers import READERS, Bench

from wsss.errors import WsssError


@pytest.fixture(params=READERS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(request.param, tmp_path_factory.mktemp("bench"))


def test_a_good_file_is_read(bench: Bench):
    assert bench.read(bench.good) is not None


@settings(
    max_examples=120,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=CHANGES)
def test_a_changed_file_is_read_or_refused(bench: Bench, changes: list[Change]):
    with suppress(WsssError):
        bench.read(changed(bench.good, changes))
