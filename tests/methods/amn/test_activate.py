"""AMN's maps: logits averaged over views, and stretched where labels do not say background."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from toy_runs import Run

from wsss.data.images import read_image
from wsss.engine.batch import Batch
from wsss.engine.stage import Job
from wsss.methods.amn.activate import ActivateMaps, probabilities, stretched
from wsss.methods.amn.network import ActivationNet
from wsss.models.normalisation import IMAGENET


class Told(ActivationNet):
    """Logits of two labels at a stride of 4: nothing, and the brightness of each cell times its class's word."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.stride = 4

    def forward(self, images: Tensor, present: Tensor) -> Tensor:
        cells = nn.functional.avg_pool2d(images[:, :1], 4) * present[:, :, None, None]
        return torch.cat([torch.zeros_like(cells), cells], dim=1)


def test_scales_and_mirror_images_are_averaged_as_logits():
    images = torch.zeros(2, 3, 8, 16)
    images[..., 8:] = 3.0
    present = torch.tensor([[1.0], [2.0]])
    found = probabilities(Told(), images, present=present, scales=(1.0,))
    expected = torch.tensor([0.0, 0.0, 3.0, 3.0])
    torch.testing.assert_close(found[0, 1], expected.sigmoid().expand(2, 4))
    torch.testing.assert_close(found[1, 1], (2 * expected).sigmoid().expand(2, 4))
    whole = torch.full((1, 3, 8, 16), 3.0)
    both = probabilities(Told(), whole, present=torch.ones(1, 1), scales=(1.0, 0.5))
    torch.testing.assert_close(both[0, 1], torch.full((2, 4), 3.0).sigmoid())


class Product(Told):
    """The same by a product of matrices, which half precision rounds."""

    def forward(self, images: Tensor, present: Tensor) -> Tensor:
        cells = nn.functional.avg_pool2d(images[:, :1], 4) @ torch.full((images.shape[-1] // 4,) * 2, 1 / 3)
        return torch.cat([torch.zeros_like(cells), cells * present[:, :, None, None]], dim=1)


def test_the_network_alone_computes_in_half_precision(toy_run: Run, monkeypatch: pytest.MonkeyPatch):
    step = toy_run.plan()["extract_cams"]
    job, trained = Job(artifact=step.artifact, inputs=step.inputs), SimpleNamespace(module=Product())
    monkeypatch.setattr(Job, "network", lambda *_: trained)
    trained.normalisation = IMAGENET
    (record,) = [record for record in job.index().split("train") if record.classes][:1]
    labels = np.full((record.size.height, record.size.width), 255, dtype=np.uint8)
    images = (read_image(job.index().image_path(record)),)
    batch = Batch(records=(record,), images=images, items={"masks": (labels,)})
    exact, rounded = (
        ActivateMaps(scales=(1.0,), precision=precision).open(job, torch.device("cpu"))(batch)[0].scores
        for precision in ("32-true", "bf16-mixed")
    )
    assert rounded.dtype == torch.float32
    assert not torch.equal(exact, rounded)
    torch.testing.assert_close(exact, rounded, atol=0.1, rtol=0)


def test_maps_are_stretched_but_for_background():
    scores = torch.tensor([[[0.2, 0.3, 0.4]], [[0.1, 0.1, 0.5]]])
    found = stretched(scores, torch.tensor([[0, 1, 255]]))
    expected = torch.tensor([[[0.2, 0.5, 1.0]], [[0.1, 0.0, 1.0]]])
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)
