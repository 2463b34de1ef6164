"""Binary classifiers as the network that maps are read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch

from wsss.engine.fit import load_weights
from wsss.engine.stage import Job
from wsss.methods.representatives.choose import read_representatives
from wsss.methods.representatives.network import BinaryClassifiers, Representatives, leads
from wsss.methods.representatives.train import pair_file
from wsss.models.classifier import ClassifierOptions
from wsss.models.weights import WEIGHTS
from wsss.stages.heads import Heads
from wsss.store.kinds import CHOICE, Kind


@final
@dataclass(frozen=True, kw_only=True)
class BinaryHeads(Heads):
    """Binary classifiers of each class against its representatives: what `RepresentativeCAM` asks."""

    needs: ClassVar[Mapping[str, Kind]] = {"representatives": CHOICE}

    networks: Literal["shared", "own"] = "shared"
    """One for all pairs of classes, or one for each, as they were trained."""

    def outline(self, options: ClassifierOptions) -> BinaryClassifiers:
        """See `Heads`."""
        return BinaryClassifiers([options.outline()], representatives=Representatives(of=()))

    def open(self, options: ClassifierOptions, job: Job) -> BinaryClassifiers:
        """See `Heads`; a pair's two class weights become the lead of each over the other."""
        representatives = read_representatives(job.inputs["representatives"], job.index().classes)
        every = 2 * len(representatives.pairs)
        files = {WEIGHTS: every} if self.networks == "shared" else {pair_file(p): 2 for p in representatives.pairs}
        networks = []
        for name, logits in files.items():
            network = options.skeleton(logits)
            load_weights(network, job.inputs["classifier"], name=name)
            with torch.no_grad():
                network.head_weight.copy_(leads(network.head_weight))
            networks.append(network)
        return BinaryClassifiers(networks, representatives=representatives).eval()
