"""Networks in the store: `network.json` describes the network, and safetensors files beside it hold the weights."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import safetensors.torch
from pydantic import Field
from safetensors import SafetensorError
from torch import Tensor, nn

from wsss.config.build import TARGET, build
from wsss.configurable import Configurable
from wsss.errors import ConfigError, ModelError, StoreError, one_of
from wsss.labels import MAX_CLASSES
from wsss.models.base import LAST, Network, NetworkOptions, PlannedNetwork
from wsss.models.normalisation import Normalisation
from wsss.paths import is_regular
from wsss.store.fingerprint import public_name
from wsss.store.public_names import located
from wsss.store.relocated import note_places, placed
from wsss.store.schema import Plain, Strict, Text, refuse_newer
from wsss.store.store import ITEMS, Artifact
from wsss.store.texts import from_json, whole, write_json
from wsss.validation import reason

RECORD: Final = "network.json"
WEIGHTS: Final = "weights.safetensors"
FORMAT: Final = 1
"""Version of what a record holds; a record of a newer version is refused."""
FILE: Final = re.compile(r"[A-Za-z0-9_-]+\.safetensors")
"""Names of files of weights: a file beside the record, and not elsewhere."""


class NormalisationFile(Strict):
    """The normalisation in `network.json`."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


class NetworkFile(Strict):
    """What `network.json` holds; what it means here is a `NetworkRecord`."""

    format: Annotated[int, Field(ge=1, le=FORMAT)]
    options: Plain
    """The class of the options and their fields, as `_described` gives them."""
    classes: tuple[Text, ...]
    normalisation: NormalisationFile
    weights: dict[Text, tuple[Text, ...]]
    use: Text


@dataclass(frozen=True, kw_only=True)
class NetworkRecord:
    """What it takes to open a trained network."""

    options: NetworkOptions
    classes: tuple[str, ...]
    normalisation: Normalisation
    weights: dict[str, tuple[str, ...]]
    """By name, such as `last` or `best`, the files that hold the network's tensors together."""
    use: str = LAST
    """The name of the weights that readers are given."""

    def __post_init__(self) -> None:
        if self.use not in self.weights:
            raise ValueError(f"there are no weights {self.use!r}; there are: {one_of(list(self.weights))}")
        if len(self.classes) > MAX_CLASSES:
            raise ValueError(f"{len(self.classes)} classes are more than the {MAX_CLASSES} of a mask")
        strange = [file for files in self.weights.values() for file in files if not FILE.fullmatch(file)]
        if strange:
            raise ValueError(f"{strange[0]!r} is not the name of a safetensors file")

    @property
    def planned(self) -> PlannedNetwork:
        """What was known of the network before it was trained."""
        return PlannedNetwork(options=self.options, weights=tuple(self.weights))


def write_record(artifact: Artifact, record: NetworkRecord) -> None:
    """Write a record among the items; the weights lie there already. Where its other files lie is noted beside."""
    said = NetworkFile(
        format=FORMAT,
        options=_described(record.options),
        classes=record.classes,
        normalisation=NormalisationFile(mean=record.normalisation.mean, std=record.normalisation.std),
        weights=record.weights,
        use=record.use,
    )
    write_json(artifact.items / RECORD, said.model_dump())
    note_places(artifact, record.options)


def write_weights(state: Mapping[str, Tensor], artifact: Artifact, *, name: str = WEIGHTS) -> None:
    """Write the state dict of a network, or of a part of one, among the items."""
    artifact.items.mkdir(parents=True, exist_ok=True)
    tensors = {key: tensor.detach().cpu().contiguous() for key, tensor in state.items()}
    # Not by its path: safetensors hides what the system says of a full disk then.
    with whole(artifact.items / name) as hidden, hidden.open("wb") as file:
        file.write(safetensors.torch.save(tensors))


def holds_network(artifact: Artifact) -> bool:
    """Tell whether an artifact is a trained network."""
    return is_regular(artifact.items / RECORD)


def read_record(artifact: Artifact) -> NetworkRecord:
    """Read what network an artifact holds; imports only classes of wsss and of plug-ins.

    Raises `StoreError` for an artifact without a network, and for a record that is torn or of a network that is not
    known here; `NewerError` for one of a newer wsss.
    """
    if not holds_network(artifact):
        raise StoreError(f"{artifact.path} holds no network: read a stage that trains one")
    path = artifact.items / RECORD
    said = _said(artifact, path)
    try:
        record = _record(said)
    except ConfigError as error:
        raise StoreError(f"{path} describes no network ({reason(error)}): {_remedy(artifact)}") from error
    return replace(record, options=placed(artifact, record.options))


def _said(artifact: Artifact, path: Path) -> NetworkFile:
    data = artifact.content(f"{ITEMS}/{RECORD}")
    try:
        return from_json(data, NetworkFile, path=path, remedy=_remedy(artifact))
    except StoreError:
        refuse_newer(partial(from_json, data, path=path), path=path, known=FORMAT, another="`store` or `out`")
        raise


def _record(said: NetworkFile) -> NetworkRecord:
    content = said.model_dump(mode="json", exclude={"format"})
    normalisation = {TARGET: f"{Normalisation.__module__}.Normalisation", **content["normalisation"]}
    own = {"options": _node(said.options), "normalisation": normalisation}
    return build({TARGET: f"{__name__}.NetworkRecord", **content, **own}, NetworkRecord)


def load(artifact: Artifact, *, weights: str | None = None) -> Network:
    """Return the network of an artifact in eval mode on the CPU.

    Args:
        artifact: What a training made.
        weights: The name of the weights, such as `last`; those that the record says if not given.

    Raises:
        StoreError: The artifact holds no network, a file is missing or torn, or there are no such weights.
        ModelError: The weights are another network's, or what is not stored with them cannot be had.
    """
    record = read_record(artifact)
    name = weights or record.use
    if name not in record.weights:
        raise StoreError(f"{artifact.path} has no weights {name!r}; it has: {one_of(list(record.weights))}")
    module = _skeleton(artifact, record)
    state = _read_state(artifact, record.weights[name])
    own = module.state_dict()
    wrong = sorted(own.keys() ^ state.keys()) or [key for key in own if _kind(own[key]) != _kind(state[key])]
    if wrong:
        raise ModelError(
            f"{artifact.items} holds another network's weights; tensors that differ: {one_of(wrong, limit=3)}; "
            f"{_remedy(artifact)}"
        )
    module.load_state_dict(state)
    record.options.complete(module)
    return Network(
        module=module.eval(), classes=record.classes, normalisation=record.normalisation, options=record.options
    )


def _skeleton(artifact: Artifact, record: NetworkRecord) -> nn.Module:
    try:
        return record.options.skeleton(record.classes)
    except (ConfigError, ModelError) as error:
        path = artifact.items / RECORD
        raise StoreError(f"{path} describes no network ({reason(error)}): {_remedy(artifact)}") from error


def _read_state(artifact: Artifact, files: tuple[str, ...]) -> dict[str, Tensor]:
    """Read tensors: the one place where weights come out of the store."""
    state: dict[str, Tensor] = {}
    for name in files:
        path = artifact.items / name
        try:
            state |= safetensors.torch.load(artifact.content(f"{ITEMS}/{name}"))
        except SafetensorError as error:
            raise StoreError(f"{path} holds no weights ({reason(error)}): {_remedy(artifact)}") from error
    if strange := [key for key, tensor in state.items() if not tensor.isfinite().all()]:
        raise StoreError(
            f"{artifact.items}: {one_of(strange, limit=3)} holds numbers that are not finite: its training diverged; "
            "train it with a lower learning rate"
        )
    return state


def _kind(tensor: Tensor) -> tuple[Any, Any]:
    return tensor.shape, tensor.dtype


def _remedy(artifact: Artifact) -> str:
    return f"delete the folder {artifact.path} and run again"


def _described(value: Any) -> Any:
    """Return options in JSON's terms: an object is its public name and its fields."""
    if isinstance(value, Configurable):
        own = {field.name: _described(getattr(value, field.name)) for field in fields(value)}  # type: ignore[arg-type]
        return {"class": public_name(type(value)), "fields": own}
    if isinstance(value, Mapping):
        return {key: _described(each) for key, each in value.items()}
    return [_described(each) for each in value] if isinstance(value, list | tuple) else value


def _node(described: Any) -> Any:
    """Return the config node of what `_described` returned; raises `ConfigError` for a class that is not known here."""
    match described:
        case {"class": str(name), "fields": dict(own)} if len(described) == 2:
            cls = located(name)
            return {TARGET: f"{cls.__module__}.{cls.__qualname__}", **_node(own)}
        case dict():
            if TARGET in described:
                raise ConfigError([f"{TARGET} is not read"])
            return {key: _node(each) for key, each in described.items()}
        case list():
            return [_node(each) for each in described]
        case _:
            return described
