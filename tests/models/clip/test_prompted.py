"""Classes by words: cosines of embeddings, attention of every block, and what one pass tells."""

import pytest
import torch
from clip_models import images, paired, prompted, tokens_of_transformers
from torch import Tensor
from torch.nn import functional

from wsss.errors import ModelError
from wsss.models.clip.prompted import PromptedClassifier
from wsss.protocols import Attentive, Classifies, CutAttentive, LinearHead, Prompted


@pytest.fixture(scope="module")
def network() -> PromptedClassifier:
    return prompted(paired(side=64)[1], classes=3, prompts=2)


def vectors(network: PromptedClassifier) -> Tensor:
    return network.get_buffer("vectors")


def test_it_satisfies_the_protocols_of_its_methods(network: PromptedClassifier):
    assert isinstance(network, Classifies)
    assert isinstance(network, Attentive)
    assert isinstance(network, CutAttentive)
    assert isinstance(network, Prompted)
    assert not isinstance(network, LinearHead)
    assert (network.blocks, network.prompts) == (("stem", "block1", "block2", "last"), 2)


def test_logits_are_scaled_cosines(network: PromptedClassifier):
    model, _ = paired(side=64)
    seen = images(80, 96)
    with torch.no_grad():
        hidden = model.vision_model.post_layernorm(tokens_of_transformers(model, seen).last_hidden_state)[:, 1:]
        expected = functional.normalize(model.visual_projection(hidden.mean(dim=1)), dim=1) @ vectors(network).T * 20
        torch.testing.assert_close(network(seen), expected, atol=2e-4, rtol=0)
        assert network(seen).std() > 0


def test_a_longer_vector_of_the_same_direction_changes_nothing_once_it_has_length_1(network: PromptedClassifier):
    other = prompted(network.tower, classes=3, prompts=2)
    other.tell(functional.normalize(vectors(network) * torch.tensor([3.0, 1, 0.2, 5, 1])[:, None], dim=1), scale=20)
    with torch.no_grad():
        torch.testing.assert_close(other(images(64, 64)), network(images(64, 64)))


def test_attention_of_every_block_is_that_of_transformers(network: PromptedClassifier):
    model, _ = paired(side=64)
    seen = images(48, 80)
    expected = [each.mean(dim=1)[:, 1:, 1:] for each in tokens_of_transformers(model, seen).attentions]
    with torch.no_grad():
        found = list(network.attentions(seen, blocks=network.attending))
        (last,) = network.attentions(seen, blocks=["last"])
    assert network.attending == ("block1", "block2", "last")
    # Other positions than transformers' would show here: 48 x 80 is not the tower's own size.
    assert len(found) == len(expected)
    assert torch.equal(last, found[-1])
    assert not torch.allclose(found[0], found[1])


def test_one_pass_tells_what_two_do(network: PromptedClassifier):
    seen = images(64, 96)
    with torch.no_grad():
        cut, attention = network.attended(seen, blocks=["block2", "last"])
        whole = network.until("last", seen)
        mean = sum(network.attentions(seen, blocks=["block2", "last"])) / 2
    torch.testing.assert_close(cut.maps, whole.maps)
    for one, other in zip(cut.rest, whole.rest, strict=True):
        torch.testing.assert_close(one, other)
    torch.testing.assert_close(attention, mean)


def test_a_bank_of_another_clip_is_refused(network: PromptedClassifier):
    with pytest.raises(ModelError, match=r"vectors of the shape \[5, 7\] where the tower takes \[5, 24\]"):
        network.tell(torch.ones(5, 7), scale=1)


def test_a_block_that_is_not_there_is_refused(network: PromptedClassifier):
    with pytest.raises(ModelError, match="no 'block9'; its blocks are stem, block1, block2, last"):
        network.until("block9", images(64, 64))
