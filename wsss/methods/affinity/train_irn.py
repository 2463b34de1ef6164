"""train_irn: the boundary branch of IRNet, which sees edges between objects that no image-level label draws."""

from dataclasses import dataclass
from typing import final

from wsss.methods.affinity.fit_pairs import FitPairs
from wsss.methods.affinity.networks import EdgeNetOptions
from wsss.models.base import NetworkOptions


@final
@dataclass(frozen=True, kw_only=True)
class TrainIRN(FitPairs):
    """Train IRNet's edges (Ahn et al., CVPR 2019) on confident labels; `IRNWalk` reads them as `edges`.

    With `fit.frozen_until=last` the backbone stays as it is, as in IRN. IRN's own has ImageNet's weights, this one the
    classifier's.
    """

    def options(self, classifier: NetworkOptions) -> EdgeNetOptions:
        """See `FitPairs`."""
        return EdgeNetOptions(classifier=classifier)
