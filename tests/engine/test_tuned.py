"""Settings of torch while a GPU trains; there need not be one to read them back."""

import pytest
import torch

from wsss.engine.tuned import tuned


def settings() -> tuple[str, bool]:
    return torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark


def test_a_gpu_s_settings_are_those_of_a_training_and_put_back_when_it_fails():
    seen: list[tuple[str, bool]] = []

    def train() -> None:
        with tuned(torch.device("cuda", 0)):
            seen.append(settings())
            raise ZeroDivisionError

    before = settings()
    with pytest.raises(ZeroDivisionError):
        train()
    assert seen == [("high", True)]
    assert settings() == before == ("highest", False)


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_other_devices_are_left_alone(device: str):
    with tuned(torch.device(device)):
        assert settings() == ("highest", False)
