"""Networks by name, from a run, or as Python holds them: with what it takes to show them an image."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, final

from torch import nn

from wsss.apps.explain.explainer import Explainer
from wsss.apps.predict.predictor import Predictor
from wsss.data.depth import WHITE
from wsss.errors import ModelError
from wsss.labels import label_names
from wsss.models.normalisation import IMAGENET, Normalisation, colour
from wsss.models.pretrained import only_size, timm_classifier
from wsss.models.weights.hub import hub
from wsss.models.weights.initial import UNTRAINED
from wsss.protocols import CutClassifier
from wsss.run.names import RECORD

NetworkOfRun = Literal["classifier", "segmenter"]
"""Which network of a run is asked."""


@final
@dataclass(frozen=True, kw_only=True)
class Asked:
    """A network that is asked, and how it wants images."""

    network: nn.Module | CutClassifier
    classes: tuple[str, ...] = ()
    """Names of its classes, none where they are not known."""
    normalisation: Normalisation = IMAGENET
    size: tuple[int, int] | None = None
    """Height and width of the only images that it takes; None where it takes images of any size."""
    white: int = WHITE
    """The value that is read as white in images of 16 bits."""


def network_of(
    model: nn.Module | CutClassifier | str | Path, *, weights: str, network: NetworkOfRun = "classifier"
) -> Asked:
    """Return the network that `model` names or is.

    `weights` are those of a timm network that is named: see `ClassifierOptions`; `network` is the one of a run.
    Raises a `WsssError` for a name that is not known, and for weights that cannot be had.
    """
    match model:
        case nn.Module():
            return _module(model)
        case str() | Path():
            return _named(str(model), Path(model).expanduser(), weights=weights, network=network)
        case CutClassifier():
            return Asked(network=model)
        case _:
            raise ModelError(
                f"model: expected a torch.nn.Module, a run's folder, or the name of a network of timm or transformers; "
                f"got a {type(model).__name__}"
            )


def _named(name: str, path: Path, *, weights: str, network: NetworkOfRun) -> Asked:
    if path.is_file() or (path / RECORD).exists():
        if network == "segmenter":
            return _segmenter(path)
        explainer = Explainer.of(path)
        return Asked(
            network=explainer.networks[0],
            classes=explainer.classes,
            normalisation=explainer.normalisation,
            white=explainer.white,
        )
    if (path / "config.json").exists() or (name.count("/") == 1 and not path.exists()):
        return _of_transformers(name)
    if path.exists() or "/" in name:
        raise ModelError(f"model: {name} is neither a run's folder, such as outputs/toy/1, nor a saved network")
    made = timm_classifier(name, weights=weights)
    return Asked(
        network=made.network,
        classes=() if weights == UNTRAINED else made.classes.names,
        normalisation=made.normalisation,
        size=made.size,
    )


def _segmenter(path: Path) -> Asked:
    predictor = Predictor.of(path)
    network = predictor.network.network
    assert isinstance(network, nn.Module)
    return Asked(
        network=network,
        classes=label_names(predictor.classes),
        normalisation=predictor.network.normalisation,
        white=predictor.white,
    )


def _of_transformers(name: str) -> Asked:
    if find_spec("transformers") is None:
        raise ModelError(f"model: {name} looks like a network of transformers: install that, or name a timm network")
    transformers = import_module("transformers")
    try:
        with hub():
            network = transformers.AutoModelForImageClassification.from_pretrained(name)
            processor = transformers.AutoImageProcessor.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ModelError(f"model: transformers cannot load {name}: {str(error).splitlines()[0]}") from error
    normalisation = Normalisation(mean=colour(processor.image_mean), std=colour(processor.image_std))
    asked = _module(network)
    return Asked(network=network, classes=asked.classes, normalisation=normalisation, size=asked.size)


def _module(network: nn.Module) -> Asked:
    """Read what timm's and transformers' networks say of themselves."""
    config: Any = getattr(network, "pretrained_cfg", None)
    names = getattr(getattr(network, "config", None), "id2label", None)
    told = isinstance(config, Mapping) and "mean" in config and "std" in config
    return Asked(
        network=network,
        classes=tuple(str(names[index]) for index in sorted(names)) if isinstance(names, Mapping) else (),
        normalisation=Normalisation(mean=colour(config["mean"]), std=colour(config["std"])) if told else IMAGENET,
        size=only_size(network),
    )
