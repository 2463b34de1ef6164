"""What every CAM method costs, beside a bare forward pass, torch-cam and pytorch-grad-cam.

    .venv/bin/python scripts/bench_cams.py                 8 images of 224 x 224 with 3 labels each, ResNet-50
    .venv/bin/python scripts/bench_cams.py --quick         few repetitions, small images for the slow methods
    .venv/bin/python scripts/bench_cams.py gradcam cam     these alone

Each method of conf/cam computes all labels of the batch. The libraries are used as their documentation shows: one call
a class index, so one for the first label of every image, one for the second, and so on. Contestants take turns, and
times are medians. Where a method takes more than 20 forward passes, here or in a library, all are timed once, on one
image. Memory is the peak of what a call allocates, beside that of a forward and a backward pass.
"""

import argparse
import os
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from measures import peak, seconds
from torch import Tensor, nn

from wsss.apps.explain.methods import cam_method, cam_methods
from wsss.cams import CAMMethod
from wsss.errors import ModelError
from wsss.models.classifier import ClassifierOptions
from wsss.models.gap import GAPClassifier
from wsss.types import Targets

PEERS: Final[Mapping[str, tuple[str | None, str | None]]] = {
    "cam": ("CAM", None),
    "gradcam": ("GradCAM", "GradCAM"),
    "gradcam_plusplus": ("GradCAMpp", "GradCAMPlusPlus"),
    "xgradcam": ("XGradCAM", "XGradCAM"),
    "hirescam": (None, "HiResCAM"),
    "layercam": ("LayerCAM", "LayerCAM"),
    "scorecam": ("ScoreCAM", "ScoreCAM"),
    "ablationcam": (None, "AblationCAM"),
    "eigencam": (None, "EigenCAM"),
}
"""What torch-cam and pytorch-grad-cam call a method of conf/cam."""
CLASSES: Final = 20
LABELS: Final = 3
SLOW: Final = 20.0
"""From how many forward passes of anybody's on a method is timed once, on one image."""

Call = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Work:
    """A network and a batch of images, each with as many labels as the others."""

    network: GAPClassifier
    images: Tensor

    @property
    def rounds(self) -> list[list[int]]:
        """The first label of every image, the second, and so on."""
        return [[(5 * image + 2 * turn) % CLASSES for image in range(len(self.images))] for turn in range(LABELS)]

    @property
    def targets(self) -> Targets:
        """The same labels, image by image."""
        return Targets.of([list(own) for own in zip(*self.rounds, strict=True)], device=self.images.device)

    @property
    def last(self) -> nn.Module:
        """The module whose output the last block's maps are."""
        return self.network.backbone.get_submodule("layer4")


def main() -> None:
    """Print a line a method."""
    options = parsed()
    os.environ["KINETO_LOG_LEVEL"] = "99"  # the profiler's own lines
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = ClassifierOptions(backbone=options.backbone, weights="none", output_stride=32).build(
        tuple(map(str, range(CLASSES)))
    )
    network = network.eval().to(options.device)
    batch = Work(network=network, images=noise(8, 224, device=options.device))
    tiny = Work(network=network, images=noise(1, 32, device=options.device))
    one = Work(network=network, images=noise(1, 64 if options.quick else 224, device=options.device))
    print(f"{options.backbone}, {LABELS} labels an image, {options.threads} threads, {options.device}")
    print(f"{'method':18}{'batch':>14}{'seconds':>9}{'forwards':>9}{'torch-cam':>11}{'pt-grad-cam':>12}{'memory':>8}")
    for name in options.methods:
        method = cam_method(cam_methods()[name])
        try:
            method.check(network)
        except ModelError as error:
            print(f"{name:18}{error}")
            continue
        slow = is_slow(contestants(name, method, tiny), tiny)
        repetitions = 1 if slow else 3 if options.quick else 7
        print(line(name, method, one if slow else batch, repetitions=repetitions), flush=True)


def parsed() -> argparse.Namespace:
    """Return the options of the command line."""
    names = list(cam_methods())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("methods", nargs="*", default=names, help=f"of {', '.join(names)}; all by default")
    parser.add_argument("--quick", action="store_true", help="3 repetitions instead of 7; 64 x 64 for slow methods")
    parser.add_argument("--backbone", default="resnet50", help="a ResNet of timm, with random weights")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def noise(count: int, side: int, *, device: str) -> Tensor:
    """Return images of random pixels."""
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1)).to(device)


def is_slow(calls: Mapping[str, Call], work: Work) -> bool:
    """Say whether any of them takes so long that a batch would be a waste."""
    took = medians(calls, repetitions=1, work=work)
    return max(took.values()) > SLOW * took["forward"]


def line(name: str, method: CAMMethod, work: Work, *, repetitions: int) -> str:
    """Return a row: our time, and how many times as long the others take."""
    took = medians(contestants(name, method, work), repetitions=repetitions, work=work)
    ratios = [f"{took[peer] / took['own']:.1f}x" if peer in took else "-" for peer in ("torch-cam", "pytorch-grad-cam")]
    device = work.images.device
    memory = peak(ours(method, work), device=device) / peak(forward_and_backward(work), device=device)
    shape = "x".join(str(side) for side in work.images.shape)
    forwards = took["own"] / took["forward"]
    return f"{name:18}{shape:>14}{took['own']:9.2f}{forwards:9.2f}{ratios[0]:>11}{ratios[1]:>12}{memory:7.2f}x"


def contestants(name: str, method: CAMMethod, work: Work) -> dict[str, Call]:
    """Return a forward pass, our method and the libraries that have it."""
    torchcam, jacobgil = PEERS.get(name, (None, None))
    calls = {"forward": bare(work), "own": ours(method, work)}
    if torchcam:
        calls["torch-cam"] = by_torchcam(torchcam, work)
    if jacobgil:
        calls["pytorch-grad-cam"] = by_jacobgil(jacobgil, work)
    return calls


def bare(work: Work) -> Call:
    """Return a forward pass of the batch."""

    def call() -> Tensor:
        with torch.no_grad():
            logits: Tensor = work.network(work.images)
            return logits

    return call


def ours(method: CAMMethod, work: Work) -> Call:
    """Return a method's call for all labels."""
    return lambda: method(work.network, work.images, work.targets)


def forward_and_backward(work: Work) -> Call:
    """Return what a step of training allocates, without the optimiser."""
    return lambda: torch.autograd.grad(work.network(work.images).sum(), list(work.network.parameters()))


def by_torchcam(name: str, work: Work) -> Call:
    """Return torch-cam's maps of all labels, as in the examples of its docstrings."""
    from torchcam import methods  # noqa: PLC0415 - only where there is something to compare

    extractor_of: Any = getattr(methods, name)
    last = "backbone.layer4"

    def call() -> list[Tensor]:
        maps = []
        options = {"fc_layer": "head"} if name == "CAM" else {}
        with extractor_of(work.network, last, **options) as extractor:
            for classes in work.rounds:
                scores = work.network(work.images)
                maps += extractor(class_idx=classes, scores=scores)
        return maps

    return call


def by_jacobgil(name: str, work: Work) -> Call:
    """Return pytorch-grad-cam's maps of all labels, as in its README."""
    os.environ["TQDM_DISABLE"] = "1"
    import pytorch_grad_cam  # noqa: PLC0415 - only where there is something to compare
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget  # noqa: PLC0415

    method_of: Any = getattr(pytorch_grad_cam, name)

    def call() -> list[Any]:
        with method_of(model=work.network, target_layers=[work.last]) as cam:
            return [
                cam(input_tensor=work.images, targets=[ClassifierOutputTarget(cls) for cls in classes])
                for classes in work.rounds
            ]

    return call


def medians(calls: Mapping[str, Call], *, repetitions: int, work: Work) -> dict[str, float]:
    """Return the median seconds of each call. They take turns, so that what else the machine does meets all."""
    if repetitions > 1:
        for call in calls.values():
            seconds(call, device=work.images.device)
    taken = [
        {name: seconds(call, device=work.images.device) for name, call in calls.items()} for _ in range(repetitions)
    ]
    return {name: statistics.median(each[name] for each in taken) for name in calls}


if __name__ == "__main__":
    main()
