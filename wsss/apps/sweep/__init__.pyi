from .command import make_sweep as make_sweep
from .listing import list_sweep as list_sweep
from .options import KEYS as KEYS
from .search import Search as Search, study_in as study_in
from .sweep_folder import names_of_sweeps as names_of_sweeps
