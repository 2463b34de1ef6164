"""A box, and how far two of them overlap."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """The edges of a rectangle in pixels: the pixel at the image's first corner reaches from 0 to 1.

    >>> box = Box(left=0, top=0, right=4, bottom=2)
    >>> box.area, box.iou(Box(left=2, top=0, right=6, bottom=2))
    (8, 0.3333333333333333)
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (self.left < self.right and self.top < self.bottom):
            raise ValueError(f"a box has left < right and top < bottom, got {self}")

    @property
    def width(self) -> float:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels down."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Pixels inside."""
        return self.width * self.height

    def iou(self, other: "Box") -> float:
        """Return what two boxes share, of what they cover together."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        common = max(across, 0) * max(down, 0)
        return common / (self.area + other.area - common)

    def hull(self, other: "Box") -> "Box":
        """Return the smallest box around two."""
        return Box(
            left=min(self.left, other.left),
            top=min(self.top, other.top),
            right=max(self.right, other.right),
            bottom=max(self.bottom, other.bottom),
        )

    def scaled(self, *, across: float, down: float) -> "Box":
        """Return the box in an image whose sides are multiplied."""
        return Box(left=self.left * across, top=self.top * down, right=self.right * across, bottom=self.bottom * down)
