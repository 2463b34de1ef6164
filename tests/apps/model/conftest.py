from pathlib import Path

import pytest
from toy_runs import Run

from wsss.apps.model import write_model


@pytest.fixture(scope="session")
def model_file(toy_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The networks of the toy run as one file: change a copy."""
    path = tmp_path_factory.mktemp("model") / "toy.wsss"
    write_model(toy_run.out, path)
    return path
