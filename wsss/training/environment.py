"""The cluster environment that Lightning is given: it would otherwise choose one by the machine's variables."""

from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment


def environment() -> ClusterEnvironment:
    """Return torchrun's processes where a launcher started them, else this process alone, SLURM or not.

    Lightning's `SLURMEnvironment` writes a checkpoint of its own on SIGUSR1 and puts the job back in the queue; and a
    scheduler's tasks are not workers: the one process that it starts on a machine does, by a launcher.
    """
    return TorchElasticEnvironment() if TorchElasticEnvironment.detect() else LightningEnvironment()
