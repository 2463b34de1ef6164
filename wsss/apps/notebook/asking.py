"""`wsss.explain`: heatmaps of any network for any image, in one call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from torch import nn

from wsss.apps.explain.explainer import SIDE
from wsss.apps.explain.maps import ONE_VIEW, at_size, maps_of
from wsss.apps.explain.methods import Methods, fitting, named_methods
from wsss.apps.notebook.asked_targets import Target, scores_for, values_of
from wsss.apps.notebook.heatmaps import Heatmap, Heatmaps
from wsss.apps.notebook.layers import answer_of, cut_at, device_of, evaluating
from wsss.apps.notebook.networks import NetworkOfRun, network_of
from wsss.apps.notebook.pictures import Looked, Pictured, looked_at
from wsss.cams import CAMMethod
from wsss.config.build import build
from wsss.config.search import config_folders, options
from wsss.errors import ConfigError, one_of
from wsss.labels import IGNORE
from wsss.models.cuts.grids import Grid
from wsss.models.cuts.hooked import class_logits
from wsss.models.normalisation import Normalisation
from wsss.models.targets.scored import Scored
from wsss.models.weights.initial import DOWNLOADED
from wsss.protocols import CutClassifier
from wsss.types import Images, Size
from wsss.views.base import Views


def explain(  # noqa: PLR0913 - one flat call, for people who type it
    model: nn.Module | CutClassifier | str | Path,
    image: Pictured,
    *,
    layer: str | nn.Module | None = None,
    methods: Methods = "gradcam",
    targets: Target | Sequence[Target] | None = None,
    views: Views | str = ONE_VIEW,
    classes: Sequence[str] | None = None,
    normalisation: Normalisation | None = None,
    side: int = SIDE,
    grid: Grid | None = None,
    call: Callable[[Images], Any] | None = None,
    logits: Callable[[Any], Any] = class_logits,
    weights: str = DOWNLOADED,
    network: NetworkOfRun = "classifier",
) -> Heatmaps:
    """Show where a network saw what it says of an image.

    >>> import torch, wsss
    >>> network = torch.nn.Sequential(
    ...     torch.nn.Conv2d(3, 8, 4, stride=4), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(8, 5)
    ... )
    >>> heatmaps = wsss.explain(network, torch.rand(3, 16, 24), methods=["gradcam", "layercam"], targets=[0, 3])
    >>> heatmaps.maps.shape, heatmaps.layer, heatmaps.targets
    (torch.Size([4, 16, 24]), '0', ('class 0', 'class 3'))

    Args:
        model: Any network, which is asked in eval mode and left as it was; the folder of a run; the name of a network
            of timm (`resnet50`) or transformers (`microsoft/resnet-50`), whose weights are downloaded.
        image: A path, a PIL image, an array of uint8, or a tensor: see `wsss.apps.notebook.pictures`.
        layer: From which layer maps are read: its name or the module, and a block's name for networks that can be cut.
            If not given, the last one with a grid on whose cells the answer depends; the result names it.
        methods: CAM methods: names of conf/cam, objects, or several of both.
        targets: What is explained: classes by number or name, or functions of the network's answer such as
            `wsss.region`, `wsss.detection`, `wsss.similarity` and `wsss.Pixels` make; the likeliest class if not given.
        views: At which scales and flips the image is shown: a name of conf/views, or an object.
        classes: Names of the classes, where the network does not know them.
        normalisation: How pixels are normalised: if not given, as timm says of its network, and ImageNet's otherwise.
        side: Larger images are shrunk to it before the network sees them, unless it takes one size alone.
        grid: How maps lie in the layer's output, where the shape does not tell.
        call: How the network is run on images, where `model(images)` is not enough.
        logits: What is asked of its answer; see `wsss.models.cuts.hooked.class_logits`.
        weights: Of a timm network by name: `imagenet`, `packaged`, a file or `none`; see `ClassifierOptions`.
        network: Which network of a run is asked: its `classifier`, or its `segmenter`, whose classes are its labels.

    Raises:
        ConfigError: A method, views or a class by a name that is not known.
        DataError: An image that cannot be read, or is in another form.
        ModelError: A layer or class that the network does not have, an image that it does not take, or no method fits.
    """
    found = network_of(model, weights=weights, network=network)
    pixels = normalisation or found.normalisation
    looked = looked_at(image, normalisation=pixels, side=side, size=found.size, white=found.white)
    how = _How(call=call, logits=logits, grid=grid, views=views if isinstance(views, Views) else views_named(views))
    names = found.classes if classes is None else tuple(classes)
    with evaluating(found.network):
        return how.heatmaps(
            found.network, looked, layer=layer, methods=named_methods(methods), targets=targets, classes=names
        )


@dataclass(frozen=True, kw_only=True)
class _How:
    """How a network is run and its maps are read."""

    call: Callable[[Images], Any] | None
    logits: Callable[[Any], Any]
    grid: Grid | None
    views: Views

    def heatmaps(
        self,
        network: nn.Module | CutClassifier,
        looked: Looked,
        *,
        layer: str | nn.Module | None,
        methods: Mapping[str, CAMMethod],
        targets: Target | Sequence[Target] | None,
        classes: Sequence[str],
    ) -> Heatmaps:
        """See `explain`."""
        seen = looked.seen.to(device_of(network))
        call, logits = self.call, self.logits
        answer = answer_of(network, seen, call=call, logits=logits)
        size = Size(height=looked.picture.shape[0], width=looked.picture.shape[1])
        scores, numbers = scores_for(targets, answer=answer, classes=classes, size=size)
        cut = cut_at(
            network, layer, images=seen, methods=methods, scores=scores, call=call, logits=logits, grid=self.grid
        )
        # Score maps hold labels of 8 bits; and methods such as CAM ask the network itself for its classes.
        asked, positions = cut.network, numbers
        if positions is None or max(positions) >= IGNORE - 1 or cut.network is not network:
            asked, positions = Scored(cut.network, scores), list(range(len(scores)))
        fits = fitting(cut.methods, [asked])
        size = Size(height=looked.picture.shape[0], width=looked.picture.shape[1])
        values = values_of(scores, answer=answer)
        found = []
        for name, (method, fitted) in fits.methods.items():
            maps = maps_of(method, fitted, images=seen, classes=[positions], views=self.views).cpu()
            found += [
                Heatmap(method=name, target=score.words, score=value, map=at_size(size, heat))
                for score, value, heat in zip(scores, values, maps, strict=True)
            ]
        return Heatmaps(image=looked.picture, layer=cut.layer, heatmaps=tuple(found), left_out=fits.left_out)


def views_named(name: str) -> Views:
    """Return the views of a file of conf/views; raises `ConfigError` for a name that is not there."""
    known = options("views", config_folders())
    if name not in known:
        raise ConfigError([f"views: there is no {name!r}; there are: {one_of(list(known))}"])
    node = yaml.safe_load(known[name].read_text(encoding="utf-8"))
    return build(node, Views, key="views")  # type: ignore[type-abstract]
