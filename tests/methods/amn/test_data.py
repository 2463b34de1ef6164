"""Masked images come with the classes of the whole image."""

from types import SimpleNamespace
from typing import Any

import torch

from wsss.data.datasets import SegmenterData
from wsss.methods.amn.data import ConditionedData


class Masked(SegmenterData):
    index: Any = SimpleNamespace(classes=("cat", "dog", "sofa"))
    records: Any = (SimpleNamespace(classes=(0, 2)), SimpleNamespace(classes=()))

    def __len__(self) -> int:
        return 2

    def __getitem__(self, position: tuple[int, int]) -> Any:
        return torch.full((3, 2, 2), float(position[0])), torch.zeros(2, 2, dtype=torch.int64)


def test_classes_are_those_of_the_record():
    data = ConditionedData(masked=object.__new__(Masked))
    assert len(data) == 2
    assert data[5, 0].present.tolist() == [1, 0, 1]
    assert data[5, 1].present.tolist() == [0, 0, 0]
    assert data[5, 0].image.unique().tolist() == [5]
