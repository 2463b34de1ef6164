from .predictor import Area as Area, Prediction as Prediction, Predictor as Predictor, check_tile as check_tile
from .task import CHOICES as CHOICES, UNSURE as UNSURE, Predict as Predict, predictions as predictions
