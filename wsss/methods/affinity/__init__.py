"""Affinities of neighbouring cells (PSA, IRN): pairs, the networks that judge them, and the random walk."""

from wsss.methods.affinity.networks import AffinityNet, AffinityNetOptions, EdgeNet, EdgeNetOptions
from wsss.methods.affinity.pairs import edge_affinities, feature_affinities, offsets
from wsss.methods.affinity.refiner import IRNWalk, PSAWalk
from wsss.methods.affinity.transition import Transition

__all__ = [
    "AffinityNet",
    "AffinityNetOptions",
    "EdgeNet",
    "EdgeNetOptions",
    "IRNWalk",
    "PSAWalk",
    "Transition",
    "edge_affinities",
    "feature_affinities",
    "offsets",
]
