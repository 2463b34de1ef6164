"""The size of an image: apart from the other types, since data sets are looked at before torch is imported."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
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
