"""The process around a training: Lightning would guess its launcher, and take its signals."""

import signal
from typing import Any

from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from pytorch_lightning.callbacks import Callback


def environment() -> ClusterEnvironment:
    """Return torchrun's processes where a launcher started them, else this process alone, SLURM or not.

    Lightning's `SLURMEnvironment` writes a checkpoint of its own on SIGUSR1 and puts the job back in the queue; and a
    scheduler's tasks are not workers: the one process that it starts on a machine does, by a launcher.
    """
    if TorchElasticEnvironment.detect():
        return TorchElasticEnvironment()
    alone = LightningEnvironment()
    alone.set_global_rank(0)  # Lightning read RANK, or SLURM's, when it was imported: another would log nothing
    return alone


def slurm_host(nodes: str) -> str:
    """Return the first machine of a list in SLURM's notation, such as `node[3-5,8]`."""
    return SLURMEnvironment.resolve_root_node_address(nodes)


class OwnSignals(Callback):
    """Puts the handler of SIGTERM back: Lightning's broadcasts from inside of it, wherever the other processes are."""

    def __init__(self) -> None:
        self._handler = signal.getsignal(signal.SIGTERM)

    def on_train_start(self, *_: Any) -> None:
        """See Lightning, which sets its handler shortly before."""
        signal.signal(signal.SIGTERM, self._handler)
