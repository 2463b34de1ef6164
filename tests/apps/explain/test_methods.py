"""Which methods fit, and why others do not."""

from pathlib import Path

import pytest
from networks import small_timm_network, tiny_pairs

from wsss.apps.explain.methods import QUICK, cam_method, cam_methods, fitting
from wsss.cams import CAM, FGCAM, GradCAM, HiResCAM, RepresentativeCAM
from wsss.errors import ConfigError


def test_names_are_those_of_conf():
    assert {"cam", "fgcam_scorecam", "representative", *QUICK} <= set(cam_methods())
    assert list(cam_methods()) == sorted(cam_methods())


def test_every_method_can_be_made():
    assert cam_method(cam_methods()["cam"]) == CAM()
    assert all(cam_method(path).block for path in cam_methods().values())
    assert isinstance(cam_method(cam_methods()["fgcam_scorecam"]), FGCAM)


def test_a_method_that_does_not_fit_is_left_out_with_its_reason():
    network = small_timm_network()
    found = fitting(["hirescam", "representative", "cam"], [network])
    assert list(found.methods) == ["hirescam", "cam"]
    assert found.methods["hirescam"] == (HiResCAM(), network)
    assert found.left_out == {
        "representative": "RepresentativeCAM asks binary classifiers: use stages=representatives, or another cam"
    }


def test_a_method_gets_the_first_network_that_it_fits():
    network, pairs = small_timm_network(), tiny_pairs()
    found = fitting(["cam", "representative"], [network, pairs])
    assert found.methods["cam"][1] is network
    assert found.methods["representative"][1] is pairs
    assert isinstance(found.methods["representative"][0], RepresentativeCAM)
    assert found.left_out == {}


def test_unknown_names_are_all_named_with_the_known_ones():
    with pytest.raises(ConfigError) as refused:
        fitting(["cam", "gradcamm", "x"], [small_timm_network()])
    first, second = refused.value.problems
    assert first.startswith("methods: there is no 'gradcamm'; there are: ablationcam, adcam, caa, cam, ")
    assert "'x'" in second


def test_nothing_that_fits_is_refused():
    with pytest.raises(ConfigError, match="methods: representative does not fit this network: RepresentativeCAM asks"):
        fitting(["representative"], [small_timm_network()])


def test_methods_of_a_folder_of_ones_own_are_among_them(tmp_path: Path):
    (tmp_path / "cam").mkdir()
    (tmp_path / "cam" / "mine.yaml").write_text("_target_: wsss.cams.GradCAM\nblock: last\n", encoding="utf-8")
    assert cam_methods(tmp_path).keys() - cam_methods().keys() == {"mine"}
    found = fitting(["mine"], [small_timm_network()], added=tmp_path)
    assert found.methods["mine"][0] == GradCAM()
