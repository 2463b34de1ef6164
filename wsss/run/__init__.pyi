from . import pipeline as pipeline, plan as plan
from .command import run_command as run_command
