"""Masked images with the classes that they are known to show."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.utils.data import Dataset

from wsss.data.datasets import SegmenterData


class ConditionedSample(NamedTuple):
    """One image; a loader makes the same of a batch, with b before every shape."""

    image: UInt8[Tensor, "*b s s 3"]
    labels: UInt8[Tensor, "*b s s"]
    present: Float[Tensor, "*b c"]
    """1 for each class that the whole image shows, though a crop may not."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConditionedData(Dataset[ConditionedSample]):
    """What `SegmenterData` serves, and each image's classes."""

    masked: SegmenterData

    def __len__(self) -> int:
        return len(self.masked)

    def __getitem__(self, position: tuple[int, int]) -> ConditionedSample:
        image, labels = self.masked[position]
        present = torch.zeros(len(self.masked.index.classes))
        present[list(self.masked.records[position[1]].classes)] = 1
        return ConditionedSample(image, labels, present)
