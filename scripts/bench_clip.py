"""Time of CLIP-ES's maps beside a bare forward pass of the image tower.

    .venv/bin/python scripts/bench_clip.py                           ViT-B/16, 2 images of 384 x 512, 20 + 24 vectors
    .venv/bin/python scripts/bench_clip.py --height 224 --width 224 --batch 4

Maps are softmax Grad-CAM and CAA over the last eight blocks, of all labels of a batch at once. Weights are random,
which changes no time. Seconds are the best of rounds in which all take turns.
"""

import argparse

import torch
from measures import seconds

from wsss.cams import CAA, SoftmaxGradCAM
from wsss.models.clip.prompted_options import PromptedOptions
from wsss.types import Targets

CLASSES, PROMPTS = 20, 24


def main() -> None:
    """Print a line each, in seconds and in bare forward passes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", default=PromptedOptions().backbone, help="an image tower of CLIP in timm")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--height", type=int, default=384)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--labels", type=float, default=1.5, help="of an image, on average")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.manual_seed(0)
    prompts = tuple(map(str, range(PROMPTS)))
    told = PromptedOptions(backbone=options.backbone, weights="none", prompts=prompts)
    network = told.skeleton(tuple(map(str, range(CLASSES)))).eval().to(device)
    vectors = torch.nn.functional.normalize(torch.randn(CLASSES + PROMPTS, network.tower.width), dim=1)
    network.tell(vectors.to(device), scale=100)
    images = torch.randn(options.batch, 3, options.height, options.width, device=device)
    count = round(options.labels * options.batch)
    targets = Targets(
        image=(torch.arange(count) % options.batch).to(device), cls=(torch.arange(count) % CLASSES).to(device)
    )
    method = CAA(base=SoftmaxGradCAM(), layers=8)

    def forward() -> object:
        with torch.no_grad():
            return network(images)

    calls = {
        "forward": forward,
        "softmax_gradcam": lambda: SoftmaxGradCAM()(network, images, targets),
        "clip_es": lambda: method(network, images, targets),
    }
    taken = [{name: seconds(call, device=device) for name, call in calls.items()} for _ in range(options.rounds)]
    best = {name: min(each[name] for each in taken) for name in calls}
    print(f"{options.backbone}, {tuple(images.shape)}, {count} labels, {torch.get_num_threads()} threads")
    for name, took in best.items():
        print(f"{name:16}{took:8.3f} s {took / best['forward']:6.2f} forward passes")


if __name__ == "__main__":
    main()
