from typing import TYPE_CHECKING

from jaxtyping import install_import_hook

# Before anything of wsss is imported: from here on every annotation is checked, shapes included.
install_import_hook("wsss", "checker.checked")

import numpy as np  # noqa: E402
import pytest  # noqa: E402
import torch  # noqa: E402
from networks import TinyGAP, small_timm_network  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from wsss.models.gap import GAPClassifier  # noqa: E402

if TYPE_CHECKING:
    from toy_runs import Run

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002 - what others draw from


@pytest.fixture
def tiny() -> TinyGAP:
    return TinyGAP()


@pytest.fixture(scope="session")
def timm_network() -> GAPClassifier:
    """Made once: leave its weights and its mode alone."""
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
    from toy_runs import finished

    folder = tmp_path_factory.mktemp("toy run")
    return finished(folder / "store", folder / "out")
