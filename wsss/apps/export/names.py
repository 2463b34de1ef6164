"""Names that the command takes, for parsers that import nothing heavy."""

from typing import Final

COMPETITIONS: Final = ("comp6", "comp5")
"""Of the VOC server: `comp6` for networks that saw other data than VOC's, such as ImageNet; `comp5` for others."""
