"""The words of CLIP-ES."""

from wsss.apps.text_bank.words import COCO, COCO_BACKGROUNDS, TEMPLATES, VOC, VOC_BACKGROUNDS


def test_every_class_of_both_data_sets_is_there():
    assert (len(VOC), len(COCO), len(VOC_BACKGROUNDS), len(COCO_BACKGROUNDS)) == (20, 80, 25, 23)
    assert list(VOC)[:3] == ["aeroplane", "bicycle", "bird"]
    assert (VOC["person"], VOC["bird"], VOC["dog"]) == ("person with clothes,people,human", "bird avian", "dog")
    assert (COCO["tie"], COCO["remote"], COCO["snowboard"]) == ("necktie", "remote control", "snowboard")


def test_voc_s_names_are_those_of_its_layout():
    import yaml

    from wsss.config.search import config_folder

    assert list(VOC) == yaml.safe_load((config_folder() / "dataset/voc.yaml").read_text(encoding="utf-8"))["classes"]


def test_every_template_has_one_place_for_the_words():
    assert all(template.count("{}") == 1 for templates in TEMPLATES.values() for template in templates)
