from .colours import heat_colours as heat_colours
from .curves import threshold_curve as threshold_curve, training_curves as training_curves
from .sheet import write_sheets as write_sheets
