"""Refinement: background rules and what follows them, one refiner a file."""

from wsss.refine.auto import AutoBackground
from wsss.refine.background import ConstantBackground, PowerBackground
from wsss.refine.base import Refine, Refiner
from wsss.refine.classifier_prior import ClassifierPrior
from wsss.refine.crf import DenseCRF
from wsss.refine.pamr import PAMR
from wsss.refine.par import PAR
from wsss.refine.rebalance import Rebalance
from wsss.refine.region_choice import RegionChoice
from wsss.refine.region_votes import RegionVotes

__all__ = [
    "PAMR",
    "PAR",
    "AutoBackground",
    "ClassifierPrior",
    "ConstantBackground",
    "DenseCRF",
    "PowerBackground",
    "Rebalance",
    "Refine",
    "Refiner",
    "RegionChoice",
    "RegionVotes",
]
