import atexit
import gc
import os
import signal
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING

import checker
import parsed_once

# Before anything of wsss is imported: from here on every annotation is checked, shapes included.
checker.install("wsss")
parsed_once.install()
# Before torch is: workers share the cores, and last bits may depend on the number of threads.
os.environ["OMP_NUM_THREADS"] = "1"
# What a shell's background and nohup ignore, and so would all that tests start, is sent by tests.
for _number, _usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, _usual)

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

if TYPE_CHECKING:
    from audits import Example
    from networks import TinyGAP
    from toy_runs import Run

    from wsss.models.gap import GAPClassifier

pytest_plugins = ("costs", "skips", "tables")
# A test of pure functions takes a second as long as nothing here imports torch: fixtures import what they need.


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage: imports leave none, and looking through them takes as long again.

    Later it is looked for less often than usual: configs and networks are thousands of things that live on.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        atexit.register(gc.unfreeze)  # nanobind takes what is never freed for a leak
        gc.set_threshold(10_000, 10, 10)
        gc.enable()


@pytest.fixture(autouse=True)
def _seeded() -> None:
    np.random.seed(0)  # noqa: NPY002 - what others draw from
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _children() -> Generator[None, None, None]:
    """A command that a signal ended leaves its children's ends unheard: later tests hear them."""
    before = signal.getsignal(signal.SIGCHLD)
    yield
    if signal.getsignal(signal.SIGCHLD) != before and before is not None:
        signal.signal(signal.SIGCHLD, before)


@pytest.fixture
def tiny() -> "TinyGAP":
    from networks import TinyGAP

    return TinyGAP()


@pytest.fixture(scope="session")
def timm_network() -> "GAPClassifier":
    """Made once: leave its weights and its mode alone."""
    from networks import small_timm_network

    return small_timm_network()


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    """24 x 32 pixels: dark on the left, bright on the right, with a little noise."""
    pixels = np.random.default_rng(0).integers(0, 20, size=(24, 32, 3), dtype=np.uint8)
    pixels[:, 16:] += 180
    return pixels


@pytest.fixture(scope="session")
def toy_run(tmp_path_factory: pytest.TempPathFactory) -> "Run":
    """The whole pipeline on twelve drawn images, made once: change a copy."""
    from made_once import made_once
    from toy_runs import finished

    return made_once(tmp_path_factory, "toy run", lambda folder: finished(folder / "store", folder / "out"))


@pytest.fixture(scope="session")
def audit_example(tmp_path_factory: pytest.TempPathFactory) -> "Example":
    """A folder of drawn photographs with planted mistakes and its audit, made once: leave it alone."""
    from audits import made
    from made_once import made_once

    return made_once(tmp_path_factory, "audit", made)
