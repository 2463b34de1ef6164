"""Contexts: what is planted is the first finding, and nothing is found without it."""

from dataclasses import replace

import numpy as np
import torch
from debugged import Looked, looked_at

from wsss.apps.debug.class_context import STANDS_OUT
from wsss.apps.debug.context import context
from wsss.draw.findings import worst_first


def test_a_planted_context_is_the_worst_finding(marked: Looked):
    result = context(*marked, split="val", images=6)
    first = worst_first(result.findings)[0]
    assert (first.kind, first.subject, first.level) == ("context", "red", "serious")
    assert first.numbers["left"] - first.numbers["others"] > STANDS_OUT
    assert "With red erased" in first.sentence
    assert len(first.sheets[0].rows) == 6
    assert first.mosaics
    assert result.measure is not None
    assert result.measure.value == first.numbers["left"]


def test_its_crops_show_the_marker(marked: Looked):
    (mosaic,) = worst_first(context(*marked, split="val", images=6).findings)[0].mosaics
    yellow = [(crop[..., 0] > 200) & (crop[..., 2] < 60) for crop in mosaic.pictures]
    assert np.mean([part.mean() > 0.1 for part in yellow]) > 0.8


def test_nothing_is_found_without_it(plain: Looked):
    result = context(*plain, split="val", images=6)
    assert result.findings == ()
    assert "0 stand out" in result.part.sentence


def test_without_masks_there_is_one_column_less(marked: Looked):
    records = {i: replace(record, mask=None) for i, record in marked.subject.index.records.items()}
    blind = replace(marked.subject, index=replace(marked.subject.index, records=records))
    table = context(blind, looked_at(blind), split="val", images=5).part.tables[0]
    assert not any("true masks" in column for column in table.columns)
    assert any("run's masks" in column for column in table.columns)


def test_it_takes_the_network_as_it_is(marked: Looked):
    before = [parameter.clone() for parameter in marked.subject.network.classifier.parameters()]
    context(*marked, split="val", images=5)
    after = marked.subject.network.classifier.parameters()
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
