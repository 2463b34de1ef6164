from .guarded import Guarded as Guarded, attempt as attempt
from .local import History as History, tensorboard as tensorboard
from .wandb import Place as Place, send_outcome as send_outcome, training_run as training_run
