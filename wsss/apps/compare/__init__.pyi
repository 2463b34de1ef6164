from .charts import group_charts as group_charts
from .compared import read_each as read_each, read_runs as read_runs
from .differences import difference_table as difference_table, group_differences as group_differences
from .groups import grouped_by as grouped_by, separated as separated
from .published import beside_published as beside_published
from .sheets import chosen_masks as chosen_masks, gain_sheets as gain_sheets, scored_masks as scored_masks
from .tables import (
    compared_classes as compared_classes,
    compared_scores as compared_scores,
    option_table as option_table,
)
