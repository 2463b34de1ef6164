"""train_affinity: AffinityNet of PSA, whose features tell which neighbours belong together."""

from dataclasses import dataclass
from typing import final

from wsss.methods.affinity.fit_pairs import FitPairs
from wsss.methods.affinity.networks import AffinityNetOptions
from wsss.models.base import NetworkOptions


@final
@dataclass(frozen=True, kw_only=True)
class TrainAffinity(FitPairs):
    """Train AffinityNet (Ahn and Kwak, CVPR 2018) on confident labels; `PSAWalk` reads it as `affinities`."""

    def options(self, classifier: NetworkOptions) -> AffinityNetOptions:
        """See `FitPairs`."""
        return AffinityNetOptions(classifier=classifier)
