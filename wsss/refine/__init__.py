"""Refinement: background rules and what follows them, one refiner a file."""

from wsss.refine.background import ConstantBackground, PowerBackground
from wsss.refine.base import Refine, Refiner
from wsss.refine.crf import DenseCRF

__all__ = ["ConstantBackground", "DenseCRF", "PowerBackground", "Refine", "Refiner"]
