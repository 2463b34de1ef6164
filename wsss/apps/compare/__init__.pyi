from .charts import charts as charts
from .compared import read_runs as read_runs
from .differences import difference_table as difference_table, differences as differences
from .groups import grouped_by as grouped_by, separated as separated
from .sheets import chosen_masks as chosen_masks, gain_sheets as gain_sheets, scored_masks as scored_masks
from .tables import (
    compared_classes as compared_classes,
    compared_scores as compared_scores,
    option_table as option_table,
)
