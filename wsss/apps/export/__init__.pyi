from .checked import Check as Check
from .coco import export_coco as export_coco
from .folder import export_folder as export_folder
from .graph_files import FORMATS as FORMATS, export_graph as export_graph
from .names import COMPETITIONS as COMPETITIONS
from .predicted import Predicted as Predicted, predicted_on as predicted_on, stored_predictions as stored_predictions
from .voc_archive import export_voc as export_voc
