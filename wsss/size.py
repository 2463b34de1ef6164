"""The size of an image: apart from the other types, since data sets are looked at before torch is imported."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """Height and width of an image in pixels."""

    height: int
    width: int

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise ValueError(f"an image of {self.width} x {self.height} pixels has no content")

    def over(self, stride: int) -> tuple[int, int]:
        """Return how many cells of `stride` pixels cover the image, as (rows, columns).

        >>> Size(height=5, width=12).over(4)
        (2, 3)
        """
        return -(-self.height // stride), -(-self.width // stride)

    def within(self, long_side: int | None) -> "Size":
        """Return the size at which the longer side is at most so many pixels, at the same aspect; None keeps it.

        >>> Size(height=3000, width=4000).within(500)
        Size(height=375, width=500)
        """
        longest = max(self.height, self.width)
        if long_side is None or longest <= long_side:
            return self
        height, width = (max(1, round(side * long_side / longest)) for side in (self.height, self.width))
        return Size(height=height, width=width)
