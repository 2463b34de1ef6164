"""The classifier of a finished run, asked where it saw what it says: `Explainer.of(run)(image)`."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from wsss.apps.explain.explanation import Explained, Explanation
from wsss.apps.explain.look import Look, likely_classes, named_classes
from wsss.apps.explain.maps import at_size, maps_of
from wsss.apps.explain.methods import QUICK, Fitting, Methods, fitting
from wsss.apps.explain.scoring import Judgement, Scoring, localisation
from wsss.apps.explain.subject import Classified, Mask, Subjects, ranked_words
from wsss.apps.model.answering import answering
from wsss.apps.model.source import opened
from wsss.cams.base import CAMMethod
from wsss.cams.scores import classify
from wsss.data.depth import WHITE
from wsss.draw.panels import shrunk, stretched
from wsss.engine.stage import Device, Runtime
from wsss.errors import ConfigError, DataError, ModelError, one_of
from wsss.labels import IGNORE, label_of
from wsss.metrics.faithfulness import confidence_in, explanation_images
from wsss.models.normalisation import Normalisation
from wsss.models.targets.contrast import contrasted
from wsss.protocols import Classifies, CutClassifier
from wsss.run.record import RunRecord
from wsss.stages.extract_cams import as_cut
from wsss.types import Size

SIDE: Final = 512
SMALLEST_SIDE: Final = 32

Picture = UInt8[np.ndarray, "h w 3"]


@final
@dataclass(frozen=True, kw_only=True)
class Explainer:
    """Asks CAM methods for maps of an image, at one scale, and scores them by what the classifier says of it.

    Where ReCAM trained two heads, maps are read with the one that the run chose, and the classifier's first head says
    what an image shows. Methods that ask binary classifiers get those of the run, and all others the classifier.
    """

    classes: tuple[str, ...]
    fingerprint: str
    """Of the training that made what maps are read from."""
    classifier: Classifies
    networks: tuple[CutClassifier, ...]
    """What maps are read from: a method gets the first that it fits."""
    normalisation: Normalisation
    device: torch.device
    side: int = SIDE
    """Images with a longer side are shrunk to it before the network sees them; their maps are not."""
    size: tuple[int, int] | None = None
    """Height and width at which the network sees every image, where it takes no others; comes before `side`."""
    scoring: Scoring = field(default_factory=Scoring)
    white: int = WHITE
    """The value that the run reads as white in images of 16 bits."""
    subjects: Subjects | None = None
    """What is explained of an image: the whole of it, as the classifier says what it shows, if not given."""
    rival: str | None = None
    """The class over which leads are explained; see `against`."""
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """Other names of classes, in lower case."""

    def __post_init__(self) -> None:
        check_side(self.side)

    @classmethod
    def of(
        cls, run: str | Path | RunRecord, *, store: str | Path | None = None, device: Device = "auto", side: int = SIDE
    ) -> "Explainer":
        """Load the classifier of a finished run.

        Args:
            run: The run's folder, such as `outputs/toy/1`, what `read_record` returned for it, or a model file.
            store: Where the run's store lies, if it was moved.
            device: Where to compute; `auto` takes NVIDIA's GPU if there is one.
            side: Pixels of the longer side at which the network sees larger images, at least 32.

        Raises:
            StoreError: It is neither, its maps are not finished, or the file is damaged.
            ConfigError: `device` is not there.
            ValueError: `side` is too small.
        """
        check_side(side)
        place = Runtime(device=device).torch_device()
        with opened(run, store=store) as source:
            parts = source.explaining()
            trained = parts.stage.network(parts.job, place)
            network = as_cut(trained.module)
            classifier = answering(trained, parts.stage, artifact=parts.answering)
        assert isinstance(classifier, nn.Module)
        classifier.to(place)
        ranked = ranked_words(classifier)
        return cls(
            classes=trained.classes,
            fingerprint=parts.job.inputs["classifier"].fingerprint,
            classifier=classifier if ranked is None else ranked.judge(),
            subjects=ranked,
            networks=(network,) if isinstance(network, Classifies) else (classifier, network),
            normalisation=trained.normalisation,
            device=place,
            side=side,
            white=parts.white,
        )

    def __call__(
        self,
        image: Picture,
        *,
        methods: Methods | Fitting = QUICK,
        classes: Sequence[str] = (),
        mask: UInt8[np.ndarray, "mask_h mask_w"] | None = None,
        pixels: Mask | None = None,
        scored: bool = True,
        watch: Callable[[str], object] | None = None,
    ) -> Explained:
        """Explain an RGB image, such as `wsss.data.images.read_image` reads it.

        Args:
            image: What to explain.
            methods: Names of files of conf/cam (all: `methods.cam_methods()`), objects, or what `fitting` made.
            classes: Names of classes; those that the classifier says yes to, at least the likeliest, if not given.
            mask: The true mask, for the scores that need one.
            pixels: Those that a segmentation network is asked about.
            scored: False leaves the scores out, which take most of the time.
            watch: Is called with the name of each method as it is done.

        Raises:
            ConfigError: A method or a class that there is not, or no method that fits.
            DataError: A mask of another size, or no pixel that could be explained.
            ModelError: The image does not fit the memory of a GPU.
        """
        if mask is not None and mask.shape != image.shape[:2]:
            raise DataError(f"a mask of {mask.shape[1]} x {mask.shape[0]} pixels: the image has another size")
        asked = methods if isinstance(methods, Fitting) else fitting(methods, self.networks)
        try:
            seen = self.seen(image)
            look, likely = self._look(seen, image, classes=classes, pixels=pixels, mask=mask)
            found = []
            for name, (method, network) in asked.methods.items():
                found += self._explain(look, name, method=method, network=network, scored=scored)
                if watch is not None:
                    watch(name)
        except torch.OutOfMemoryError as error:
            raise ModelError(f"a side of {self.side} pixels does not fit the GPU: choose a smaller one") from error
        return Explained(
            explanations=tuple(sorted(found, key=lambda each: look.classes.index(each.cls))),
            probabilities=dict(zip(self.classes, likely, strict=True)),
            left_out=asked.left_out,
        )

    def seen(self, image: Picture) -> Float[Tensor, "3 y x"]:
        """Return an image as the network sees it."""
        shown = shrunk(image, side=self.side) if self.size is None else stretched(image, self.size)
        return self.normalisation(shown).to(self.device)

    def against(self, name: str) -> "Explainer":
        """Return what explains leads: each class's logit less that of the class `name`.

        Raises `ConfigError` for a name that no class has, and where there is no other class.
        """
        if name not in self.classes or len(self.classes) == 1:
            raise ConfigError([f"against: there is no other class {name!r}; there are: {one_of(self.classes)}"])
        rival = self.classes.index(name)
        if self.subjects is not None:
            return replace(self, subjects=self.subjects.against(rival), rival=name)
        networks = tuple(contrasted(network, rival) for network in self.networks)
        subjects = Classified(classifier=self.classifier, rival=rival)
        return replace(self, networks=networks, subjects=subjects, rival=name)

    def _look(
        self,
        seen: Float[Tensor, "3 y x"],
        image: Picture,
        *,
        classes: Sequence[str],
        pixels: Mask | None,
        mask: UInt8[np.ndarray, "mask_h mask_w"] | None,
    ) -> tuple[Look, list[float]]:
        size = Size(height=image.shape[0], width=image.shape[1])
        subjects = self.subjects or Classified(classifier=self.classifier)
        named = named_classes(classes, known=self.classes, rival=self.rival)
        subject = subjects(seen, size=size, classes=named, pixels=pixels)
        with torch.no_grad():
            likely = classify(subject.says, seen[None])[0].float().sigmoid().tolist()
        look = Look(
            image=seen,
            size=size,
            subject=subject,
            probabilities=tuple(likely),
            classes=named or subject.shown or likely_classes(likely, known=self.classes, rival=self.rival),
            mask=None if mask is None else torch.from_numpy(mask),
        )
        return look, likely

    def _explain(
        self, look: Look, name: str, *, method: CAMMethod, network: CutClassifier, scored: bool
    ) -> list[Explanation]:
        begin = time.perf_counter()
        bound = look.subject.bind(network)
        maps = maps_of(method, bound, images=look.image[None], classes=[look.classes])
        heats = maps.cpu()
        seconds = time.perf_counter() - begin
        again = None
        if scored:
            masked = explanation_images(look.image.expand(len(maps), -1, -1, -1), maps)
            again = maps_of(method, bound, images=masked, classes=[(cls,) for cls in look.classes])
        return [
            Explanation(
                cls=cls,
                name=self.classes[cls],
                method=name,
                probability=look.probabilities[cls],
                heat=heats[place].numpy(),
                size=look.size,
                seconds=seconds,
                radius=look.radius(cls, heats[place].numpy()),
                box=look.subject.boxes.get(cls),
                judgement=Judgement()
                if again is None
                else self._judge(look, cls, heat=maps[place], again=again[place]),
            )
            for place, cls in enumerate(look.classes)
        ]

    def _judge(self, look: Look, cls: int, *, heat: Float[Tensor, "y x"], again: Float[Tensor, "y x"]) -> Judgement:
        scores = self.scoring.faithfulness(confidence_in(cls, look.subject.judge), look.image, heat=heat, again=again)
        if look.mask is None:
            return Judgement(scores=scores)
        full = at_size(look.size, heat.cpu())
        located, pixels = localisation(full, look.mask == label_of(cls), counted=look.mask != IGNORE)
        return Judgement(scores=scores | located, pixels=pixels)


def check_side(side: int) -> None:
    """Refuse with a `ValueError` a side at which nothing could be seen."""
    if side < SMALLEST_SIDE:
        raise ValueError(f"side must be at least {SMALLEST_SIDE} pixels, got {side}")
