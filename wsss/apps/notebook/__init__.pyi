from .asking import explain as explain
from .composing import compose as compose
from .heatmaps import Heatmap as Heatmap, Heatmaps as Heatmaps
from .predicting import Masked as Masked, Masks as Masks, predict as predict
