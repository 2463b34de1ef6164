from .command import make_sweep as make_sweep
from .listing import list_sweep as list_sweep
from .options import KEYS as KEYS
from .sweep_folder import names_of_sweeps as names_of_sweeps
