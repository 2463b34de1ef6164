from . import loggers as loggers
from .environment import slurm_host as slurm_host
