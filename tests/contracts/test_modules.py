"""The optimiser of every training: each parameter once, with its rate and its decay, and none that is frozen."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from builders import named
from members import concrete
from networks import small_timm_network, small_unet

from wsss.cams.caa import CAA
from wsss.methods.affinity.module import AffinityModule
from wsss.methods.affinity.networks import AffinityNet, EdgeNet
from wsss.methods.affinity.options import AffinityFit
from wsss.methods.amn.module import ActivationModule
from wsss.methods.amn.network import ActivationNet
from wsss.methods.amn.options import ActivationFit
from wsss.methods.mctformer.module import MCTformerModule
from wsss.methods.mctformer.options import MCTformerFit
from wsss.methods.recam.module import ReCAMModule
from wsss.methods.recam.options import ReCAMFit
from wsss.methods.representatives.module import OwnPairsModule, SharedPairsModule
from wsss.methods.representatives.options import OwnRepresentativesFit, RepresentativesFit
from wsss.methods.toco.module import ToCoModule
from wsss.methods.toco.options import ToCoFit
from wsss.methods.weclip.labels import OnlineLabels
from wsss.methods.weclip.module import WeCLIPModule
from wsss.methods.weclip.options import WeCLIPFit
from wsss.models.normalisation import IMAGENET
from wsss.models.segmenters.frozen_backbone import FrozenBackbone
from wsss.models.segmenters.frozen_vit_options import FrozenViTOptions
from wsss.testing.families import small_family_network
from wsss.testing.small import tiny_class_tokens, tiny_prompted
from wsss.training.classifier import ClassifierModule
from wsss.training.module import KeyedModule
from wsss.training.options import ClassifierFit, SegmenterFit
from wsss.training.segmenter import SegmenterModule

SLOW, FACTOR, DECAY, MOMENTUM = 0.5, 4.0, 0.125, 0.25
RATES: dict[str, Any] = {
    "learning_rate": SLOW,
    "head_factor": FACTOR,
    "weight_decay": DECAY,
    "momentum": MOMENTUM,
}


def segmenter() -> KeyedModule:
    return SegmenterModule(network=small_unet(), fit=SegmenterFit(**RATES), random_seed=0, labels=3)


def affinity(network: Any) -> KeyedModule:
    return AffinityModule(network=network(small_timm_network()), fit=AffinityFit(**RATES), random_seed=0)


def activation() -> KeyedModule:
    network = ActivationNet(small_timm_network(), classes=3)
    return ActivationModule(network=network, fit=ActivationFit(**RATES, schedule="poly"), random_seed=0)


def shared_pairs() -> KeyedModule:
    return SharedPairsModule(
        network=small_timm_network(),
        fit=RepresentativesFit(**RATES),
        random_seed=0,
        pairs=[(0, 1)],
        weights=torch.ones(1, 2),
    )


def own_pairs() -> KeyedModule:
    return OwnPairsModule(
        network=small_timm_network(),
        fit=OwnRepresentativesFit(**RATES),
        random_seed=0,
        pairs=2,
        keep=lambda *_: None,
    )


def mctformer() -> KeyedModule:
    fit = MCTformerFit(**RATES, warmup=0, poly_power=0.9)
    return MCTformerModule(network=tiny_class_tokens(), fit=fit, random_seed=0)


def toco() -> KeyedModule:
    fit = ToCoFit(**RATES, warmup=0, poly_power=0.9, auxiliary="block1")
    return ToCoModule(network=small_family_network("vision_transformer"), fit=fit, random_seed=0)


def weclip() -> KeyedModule:
    backbone = FrozenBackbone(backbone="vit_tiny_patch16_224", weights="none", layers=1)
    network = FrozenViTOptions(backbones={"first": backbone}, width=8, heads=2, layers=1).build(named(3))
    labels = OnlineLabels(network=tiny_prompted(), normalisation=IMAGENET, cam=CAA(), refine={}, blocks=1)
    fit = WeCLIPFit(**RATES, warmup=0, poly_power=0.9)
    return WeCLIPModule(network=network, labels=labels, fit=fit, random_seed=0)


MODULES: dict[str, tuple[Callable[[], KeyedModule], str, int]] = {
    "ClassifierModule": (
        lambda: ClassifierModule(network=small_timm_network(), fit=ClassifierFit(**RATES), random_seed=0),
        "network.head.",
        1,
    ),
    "ReCAMModule": (
        lambda: ReCAMModule(network=small_timm_network(), fit=ReCAMFit(**RATES), random_seed=0),
        "second.",
        1,
    ),
    "SegmenterModule": (segmenter, "network.network.decoder.|network.network.segmentation_head.", 32),
    "AffinityModule of AffinityNet": (lambda: affinity(AffinityNet), "network.narrow.|network.mix.", 4),
    "AffinityModule of EdgeNet": (lambda: affinity(EdgeNet), "network.narrow.|network.edge.", 20),
    "ActivationModule": (activation, "network.condition.|network.head.", 10),
    "MCTformerModule": (mctformer, "network.head.", 2),
    "ToCoModule": (toco, "network.head.|auxiliary.|projection.", 9),
    "WeCLIPModule": (weclip, "network.network.", 20),
    "SharedPairsModule": (shared_pairs, "network.head.", 1),
    "OwnPairsModule": (own_pairs, "network.head.", 1),
}
"""What makes each module, how the names of its new parameters begin, and how many these are."""


def rates(module: KeyedModule) -> dict[str, list[tuple[float, float, float]]]:
    """Rate, decay and momentum (Adam's first beta) of each parameter, by name, once for every group that it is in."""
    module._trainer = SimpleNamespace(estimated_stepping_batches=10)  # type: ignore[assignment]
    optimiser: Any = module.configure_optimizers()
    groups = optimiser["optimizer"].param_groups
    return {
        name: [
            (group["lr"], group["weight_decay"], group["betas"][0] if "betas" in group else group["momentum"])
            for group in groups
            for each in group["params"]
            if each is parameter
        ]
        for name, parameter in module.named_parameters()
    }


def expected(module: KeyedModule, *, new: str) -> dict[str, list[tuple[float, float, float]]]:
    """What `rates` should return where parameters whose names begin with one of `new` are new."""
    fast = tuple(new.split("|"))
    return {
        name: [(SLOW * FACTOR if name.startswith(fast) else SLOW, DECAY, MOMENTUM)] * parameter.requires_grad
        for name, parameter in module.named_parameters()
    }


def test_every_module_is_listed() -> None:
    extended = {"MultiLabelModule"}  # Lightning's metaclass knows no abstract methods
    assert concrete(KeyedModule).keys() - extended == {name.split()[0] for name in MODULES}


@pytest.mark.parametrize("name", MODULES)
def test_new_parameters_learn_at_the_head_s_rate_and_all_others_at_the_backbone_s(name: str) -> None:
    make, new, count = MODULES[name]
    module = make()
    fast = [name for name, _ in module.named_parameters() if name.startswith(tuple(new.split("|")))]
    assert len(fast) == count
    assert rates(module) == expected(module, new=new)


@pytest.mark.parametrize("name", MODULES)
def test_a_frozen_parameter_is_in_no_group(name: str) -> None:
    make, new, _ = MODULES[name]
    module = make()
    old = [parameter for name, parameter in module.named_parameters() if not name.startswith(tuple(new.split("|")))]
    for parameter in old[: len(old) // 2]:
        parameter.requires_grad = False
    assert rates(module) == expected(module, new=new)
    assert not old or [] in rates(module).values()  # a frozen backbone has none


@pytest.mark.parametrize("name", MODULES)
def test_the_rate_falls_with_every_step_to_zero(name: str) -> None:
    module = MODULES[name][0]()
    module._trainer = SimpleNamespace(estimated_stepping_batches=10)  # type: ignore[assignment]
    made: Any = module.configure_optimizers()
    assert made["lr_scheduler"]["interval"] == "step"
    steps = 10 if name != "OwnPairsModule" else 5  # it has two pairs, and each its own schedule
    (rate, *others) = made["lr_scheduler"]["scheduler"].lr_lambdas
    values = [rate(step) for step in range(steps)]
    assert values == [pytest.approx((1 - step / steps) ** 0.9) for step in range(steps)]
    assert all(other(3) == rate(3) for other in others)
