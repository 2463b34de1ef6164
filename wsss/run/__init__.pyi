from . import pipeline as pipeline, plan as plan
from .command import run_command as run_command
from .in_process import FinishedRun as FinishedRun, run_in_process as run_in_process
