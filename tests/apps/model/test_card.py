from wsss.apps.model.card import card


def test_a_card_names_classes_networks_and_scores():
    scores = {"predict_masks": {"val": {"miou": 0.512, "fp": 0.1}}, "best": {"val": {"miou": 0.6, "oracle": True}}}
    text = card(["ape", "bee"], scores=scores, options={"train_segmenter": ("unet", 3)})
    assert "- ape\n- bee\n" in text
    assert "- train_segmenter: `('unet', 3)`" in text
    assert "- predict_masks, val: mIoU 51.2\n" in text
    assert "- best, val: mIoU 60.0 (oracle (uses masks))" in text


def test_without_scores_it_says_so():
    assert "Nothing was evaluated." in card(["ape"], scores={}, options={})
