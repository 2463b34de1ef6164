"""A finished run's segmentation network on new images of any size, from Python or as a folder of results."""

from wsss.apps.predict.predictor import Area, Prediction, Predictor

__all__ = ["Area", "Prediction", "Predictor"]
