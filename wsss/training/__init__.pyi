from . import loggers as loggers
from .between_steps import BetweenSteps as BetweenSteps
from .classifier import ClassifierModule as ClassifierModule
from .data import KeyedDataModule as KeyedDataModule
from .environment import slurm_host as slurm_host
from .kept_logits import KeptLogits as KeptLogits
from .length import Length as Length
from .module import KeyedModule as KeyedModule
from .segmenter import SegmenterModule as SegmenterModule
from .trainer import (
    Bar as Bar,
    Devices as Devices,
    best_score as best_score,
    best_weights as best_weights,
    fit as fit,
    quiet as quiet,
    resume_from as resume_from,
    seed as seed,
    trainer_for as trainer_for,
)
