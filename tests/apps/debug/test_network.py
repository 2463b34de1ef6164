"""The network as debugging asks it."""

import numpy as np
import torch
from debugged import Looked

from wsss.apps.debug.network import at, enlarged, touched


def test_what_is_seen_can_be_shown(plain: Looked):
    image = plain.subject.index.pixels(plain.survey.records[0])
    network = plain.subject.network
    assert np.abs(network.shown(network.seen(image)).astype(int) - image).max() <= 1


def test_one_pass_gives_probabilities_and_cells(plain: Looked):
    network = plain.subject.network
    seen = network.seen(plain.subject.index.pixels(plain.survey.records[0]))
    answer = network.answer(seen)
    assert answer.cells.shape == (3, 8, 8)
    alone = [network.probabilities(torch.stack([seen] * 9), cls=c)[8] for c in range(3)]
    np.testing.assert_allclose(answer.probabilities, alone, rtol=1e-5)


def test_a_map_is_highest_on_its_object(plain: Looked):
    place = int(np.flatnonzero(plain.survey.tags[:, 2])[0])
    record = plain.survey.records[place]
    heat = plain.subject.network.heat(plain.subject.network.seen(plain.subject.index.pixels(record)), 2)
    assert float(heat.max()) == 1
    assert plain.subject.truth(record).flatten()[int(heat.argmax())] == 3


def test_cells_and_regions_belong_together():
    region = torch.zeros(16, 24, dtype=torch.bool)
    region[5, 17] = True
    cells = touched(region, grid=(2, 3))
    assert cells.tolist() == [[False, False, True], [False, False, False]]
    back = enlarged(cells, size=(16, 24))
    assert back[:8, 16:].all()
    assert int(back.sum()) == 64


def test_a_mask_at_another_size_keeps_its_labels():
    mask = np.array([[0, 7], [255, 0]], dtype=np.uint8)
    assert at(mask, height=4, width=4)[[0, 0, 3], [0, 3, 0]].tolist() == [0, 7, 255]
