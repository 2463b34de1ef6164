"""Which neighbouring cells belong together (PSA, IRN): pairs, the networks that judge them, and the random walk."""

from wsss.affinity.networks import AffinityNet, EdgeNet
from wsss.affinity.pairs import edge_affinities, feature_affinities, offsets
from wsss.affinity.walk import Transition

__all__ = ["AffinityNet", "EdgeNet", "Transition", "edge_affinities", "feature_affinities", "offsets"]
