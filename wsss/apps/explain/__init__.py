"""A finished run's classifier explained: maps of many CAM methods of any image, and how faithful they are."""

from wsss.apps.explain.explainer import Explainer
from wsss.apps.explain.explanation import Explained, Explanation

__all__ = ["Explained", "Explainer", "Explanation"]
