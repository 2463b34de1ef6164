from .compared import read_runs as read_runs
from .sheets import chosen_masks as chosen_masks, gain_sheets as gain_sheets
from .tables import (
    compared_classes as compared_classes,
    compared_scores as compared_scores,
    option_table as option_table,
)
