from pathlib import Path

import pytest

import wsss
from wsss.errors import ConfigError


def test_overrides_become_plain_values():
    config = wsss.compose(["experiment=toy", "cam=gradcam", "fit.classifier.epochs=3"])
    assert config["cam"]["_target_"] == "wsss.cams.GradCAM"
    assert config["pipeline"]["train_classifier"]["fit"]["epochs"] == 3
    assert wsss.compose("experiment=toy")["cam"] != config["cam"]


def test_every_mistake_is_named():
    with pytest.raises(ConfigError) as caught:
        wsss.compose(["cam=gradcamm", "fit.classifier.epoch=3"])
    assert len(caught.value.problems) == 2


def test_a_folder_of_configs_of_ones_own(tmp_path: Path):
    (tmp_path / "cam").mkdir()
    (tmp_path / "cam" / "mine.yaml").write_text("_target_: wsss.cams.LayerCAM\nblock: block3\n")
    assert wsss.compose("cam=mine", config_dir=tmp_path)["cam"]["block"] == "block3"
