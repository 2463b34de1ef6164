"""The data and the network by hand, looked at once."""

import pytest
from debugged import Looked, drawn, looked_at, subject


@pytest.fixture(scope="session")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    """Red goes with the marker, and the network leans on it."""
    given = subject(drawn(tmp_path_factory.mktemp("marked") / "data", marked=0), leaning=0)
    return Looked(given, looked_at(given))


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    given = subject(drawn(tmp_path_factory.mktemp("plain") / "data"))
    return Looked(given, looked_at(given))
