"""Networks left in the store as a training would leave them, and what a training left there."""

from typing import Final

from builders import named
from safetensors.torch import load_file
from torch import Tensor, nn
from toy_runs import made

from wsss.models.base import LAST, NetworkOptions
from wsss.models.classifier import ClassifierOptions
from wsss.store.kinds import NETWORK
from wsss.store.networks import WEIGHTS, NetworkRecord, write_record, write_weights
from wsss.store.store import Artifact

SMALL: Final = ClassifierOptions(backbone="mobilenetv3_small_050", weights="none", output_stride=32)


def stored(
    options: NetworkOptions, artifact: Artifact, *, classes: int = 1, network: nn.Module | None = None
) -> nn.Module:
    """A network's own or first weights in an artifact; leave its mode alone."""
    trained = (network or options.skeleton(named(classes))).eval()
    write_weights(trained.state_dict(), artifact)
    record = NetworkRecord(
        options=options, classes=named(classes), normalisation=options.normalisation, weights={LAST: (WEIGHTS,)}
    )
    write_record(artifact, record)
    made(artifact, NETWORK)
    return trained


def tensors_of(artifact: Artifact, *files: str) -> dict[str, Tensor]:
    """What a training wrote: all of its tensors, or those of some files."""
    names = files or sorted(path.name for path in artifact.items.glob("*.safetensors"))
    # Copies: safetensors gives views of the file.
    return {key: tensor.clone() for name in names for key, tensor in load_file(artifact.items / name).items()}
