import pytest
import torch

from wsss.apps.notebook.asked_targets import scores_for, values_of
from wsss.errors import ConfigError, ModelError
from wsss.models.targets.pixels import Pixels
from wsss.models.targets.scored import similarity
from wsss.types import Size

LOGITS = torch.tensor([[0.5, 2.0, -1.0]])
NAMES = ("ape", "bee", "cat")


def test_classes_by_number_and_by_name():
    scores, numbers = scores_for([2, "bee"], answer=LOGITS, classes=NAMES)
    assert [score.words for score in scores] == ["cat", "bee"]
    assert numbers == [2, 1]
    assert values_of(scores, answer=LOGITS) == [-1.0, 2.0]


def test_none_is_the_likeliest():
    scores, numbers = scores_for(None, answer=LOGITS, classes=())
    assert ([score.words for score in scores], numbers) == (["class 1"], [1])


def test_functions_of_the_answer_stand_beside_classes():
    def first(answer: torch.Tensor) -> torch.Tensor:
        return answer[:, 0]

    scores, numbers = scores_for([first, 1, similarity(torch.ones(3))], answer=LOGITS, classes=())
    assert [score.words for score in scores] == ["first", "class 1", "similarity"]
    assert numbers is None
    assert values_of(scores, answer=LOGITS)[0] == 0.5


def test_a_label_of_a_segmentation_is_explained_where_it_is_the_strongest():
    answer = torch.zeros(1, 2, 2, 2)
    answer[0, 1, 0] = torch.tensor([3.0, 5.0])
    (score,), numbers = scores_for(None, answer=answer, classes=("wall", "door"))
    assert (score.words, numbers) == ("door", None)
    assert values_of([score], answer=answer) == [4.0]
    with pytest.raises(ModelError, match="no pixel is labelled wall"):
        scores_for(0, answer=answer[:, :, :1], classes=("wall", "door"))


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ModelError, match=r"there is no class 3: this network has 3, 0 \.\. 2"):
        scores_for(3, answer=LOGITS, classes=NAMES)
    with pytest.raises(ConfigError, match="there is no class 'cow'; there are: ape, bee, cat"):
        scores_for("cow", answer=LOGITS, classes=NAMES)
    with pytest.raises(ModelError, match="the network answers with list, not with classes: pass detection"):
        scores_for(0, answer=[{"boxes": torch.zeros(0, 4)}], classes=())


def test_pixels_of_a_segmentation_network_become_a_score_for_each_label():
    answer = torch.zeros(1, 3, 4, 4)
    answer[0, 1, :2], answer[0, 2, 3, 3] = 2.0, 5.0
    scores, numbers = scores_for(Pixels(), answer=answer, classes=("background", "cat", "dog"))
    assert numbers is None
    assert {score.words: float(score(answer)[0]) for score in scores} == {"cat": 2.0, "dog": 5.0}
    (point,), _ = scores_for(
        [Pixels(point=(6, 6))], answer=answer, classes=("background", "cat", "dog"), size=Size(height=8, width=8)
    )
    assert (point.words, float(point(answer)[0])) == ("dog", 5.0)
    with pytest.raises(ModelError, match="answers for whole images"):
        scores_for(Pixels(), answer=torch.zeros(1, 3), classes=())
