"""Memory and time of a training step of ReCAM beside one of the plain classifier.

    .venv/bin/python scripts/bench_recam.py                          EfficientNet-Lite0, 16 x 256 x 256
    .venv/bin/python scripts/bench_recam.py --backbone resnet50 --batch 4 --crop 512

A step is a forward and a backward pass of the whole network, with 20 classes, three of them in every image. Memory is
the peak of what it allocates; seconds are the best of five that take turns.
"""

import argparse
from collections.abc import Callable

import torch
from measures import peak, seconds

from wsss.methods.recam.module import ReCAMModule
from wsss.methods.recam.options import ReCAMFit
from wsss.models.classifier import ClassifierOptions
from wsss.training.classifier import ClassifierModule, MultiLabelModule
from wsss.training.options import ClassifierFit

CLASSES = 20
REPEATS = 5


def main() -> None:
    """Print a line a training, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", default="tf_efficientnet_lite0", help="a network of timm, with random weights")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--crop", type=int, default=256)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.manual_seed(0)
    images = torch.randn(options.batch, 3, options.crop, options.crop).to(device, memory_format=torch.channels_last)
    present = torch.zeros(options.batch, CLASSES, device=device)
    present[:, :3] = 1
    classifier = ClassifierOptions(backbone=options.backbone, weights="none")
    names = tuple(map(str, range(CLASSES)))
    modules: dict[str, MultiLabelModule] = {
        "classifier": ClassifierModule(network=classifier.build(names), fit=ClassifierFit(), random_seed=0),
        "recam": ReCAMModule(network=classifier.build(names), fit=ReCAMFit(), random_seed=0),
    }
    steps = {name: step(module.to(device).train(), images, present) for name, module in modules.items()}
    memory = {name: peak(call, device=device) for name, call in steps.items()}
    taken = [{name: seconds(call, device=device) for name, call in steps.items()} for _ in range(REPEATS)]
    took = {name: min(each[name] for each in taken) for name in steps}
    print(f"{options.backbone}, {tuple(images.shape)}")
    for name in steps:
        print(f"{name:12}{memory[name] / 2**20:8.0f} MiB  {took[name]:7.2f} s")
    ratios = f"{memory['recam'] / memory['classifier']:.2f} of the memory, {took['recam'] / took['classifier']:.2f}"
    print(f"{'recam':12}{ratios} of the time")


def step(module: MultiLabelModule, images: torch.Tensor, present: torch.Tensor) -> Callable[[], object]:
    """Return a forward and a backward pass, with nobody to log to."""
    module.log = lambda *_, **__: None  # type: ignore[method-assign]
    trained = list(module.parameters())
    return lambda: torch.autograd.grad(module.learn(images, present)[0], trained)


if __name__ == "__main__":
    main()
