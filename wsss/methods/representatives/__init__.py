"""Representative classes (Meng et al., 2019): binary classifiers of a class against a few others."""

from wsss.methods.representatives.network import BinaryClassifiers, BinaryOptions, Representatives

__all__ = ["BinaryClassifiers", "BinaryOptions", "Representatives"]
