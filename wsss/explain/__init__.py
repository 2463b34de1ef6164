"""A finished run's classifier explained: maps of many CAM methods of any image, and how faithful they are."""

from wsss.explain.explainer import Explainer
from wsss.explain.explanation import Explained, Explanation

__all__ = ["Explained", "Explainer", "Explanation"]
