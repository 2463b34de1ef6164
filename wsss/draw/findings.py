"""A page of findings, made for reading: the worst first, each in a sentence with its number, its pictures and a table.

The page is one HTML file that needs no network, no other file and no script.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
from jaxtyping import UInt8

from wsss.draw.page import css_colours, environment
from wsss.draw.panels import size_of
from wsss.draw.sheet import Sheet, webp_address
from wsss.draw.tables import Table

TEMPLATE: Final = "findings.html.j2"
LEVELS: Final = {"serious": 2 / 3, "notable": 1 / 3, "minor": 0.0}
"""Words for a severity, with the least one that they stand for."""
MOSAIC_QUALITY: Final = 70


@dataclass(frozen=True, kw_only=True)
class Mosaic:
    """Crops `[y x 3]` side by side, for what has no name and is seen at once: water, rails, grass."""

    title: str
    pictures: tuple[UInt8[np.ndarray, "_ _ 3"], ...]
    note: str = ""

    @property
    def addresses(self) -> list[tuple[str, int, int]]:
        """The crops as `data:` addresses, with their widths and heights."""
        return [(webp_address(each, quality=MOSAIC_QUALITY), *size_of(each)) for each in self.pictures]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that a person should know, in one sentence that holds its number."""

    kind: str
    """The part that found it, such as `context` or `tags`."""
    severity: float
    """From 0, of no consequence, to 1: findings of all kinds are put in its order."""
    sentence: str
    remedy: str = ""
    """What can be done, in a sentence."""
    subject: str = ""
    """The class, or whatever else it is about; empty where it is about all."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """What the sentence rests on, by name."""
    images: tuple[str, ...] = ()
    """Ids of the images that show it, the clearest first."""
    sheets: tuple[Sheet, ...] = ()
    mosaics: tuple[Mosaic, ...] = ()
    table: Table | None = None

    def __post_init__(self) -> None:
        assert 0 <= self.severity <= 1, f"{self.sentence}: severity {self.severity} is not in [0, 1]"

    @property
    def level(self) -> str:
        """A word for the severity."""
        return next(word for word, least in LEVELS.items() if self.severity >= least)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Everything that was looked at under one name, whether or not it led to a finding."""

    kind: str
    title: str
    sentence: str
    """What was looked at and with what result, or why it was not."""
    tables: tuple[Table, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    mosaics: tuple[Mosaic, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FindingsPage:
    """What a page of findings shows; `classes` are the foreground names in the order of their indices."""

    title: str
    command: str
    created: datetime
    classes: tuple[str, ...]
    findings: tuple[Finding, ...]
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    """What a reader must know before the rest, such as images that were left out."""

    @property
    def worst(self) -> tuple[Finding, ...]:
        """The findings, the worst first."""
        return worst_first(self.findings)

    @property
    def verdict(self) -> str:
        """Say in a line how many findings there are."""
        if not self.findings:
            looked = _joined([part.title for part in self.parts])
            return f"Nothing stands out in {looked}. What was looked at is below."
        levels = [finding.level for finding in self.findings]
        counts = [f"{levels.count(word)} {word}" for word in LEVELS if word in levels]
        noun = "finding" if len(levels) == 1 else "findings"
        return f"{len(levels)} {noun}, {_joined(counts)}; the worst comes first."


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings by severity; of equal ones the kind and the subject decide."""
    return tuple(sorted(findings, key=lambda each: (-each.severity, each.kind, each.subject, each.sentence)))


def render_findings(page: FindingsPage) -> str:
    """Return the page. Whatever comes from a user is escaped; pictures are inside."""
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            page=page,
            findings=page.worst,
            levels=list(LEVELS),
            found={part.kind: sum(each.kind == part.kind for each in page.findings) for part in page.parts},
            titles={part.kind: part.title for part in page.parts},
            colours=css_colours(page.classes),
        )
    )


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
