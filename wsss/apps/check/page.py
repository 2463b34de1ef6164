"""A check of a data set as one HTML file that needs no network, no other file and no script."""

from datetime import datetime
from typing import Final

from wsss.apps.check.findings import Check
from wsss.apps.check.sheets import check_sheets
from wsss.apps.check.tables import remarks, tables, verdict
from wsss.data.listing import sentences
from wsss.draw.page import css_colours, environment

TEMPLATE: Final = "check.html.j2"


def render_check(check: Check, *, command: str, created: datetime) -> str:
    """Return the page; `command` is the run that was thought of. Reads the images that are shown."""
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            check=check,
            command=command,
            created=created,
            verdict=verdict(check),
            remarks=remarks(check),
            problems=sentences(check.problems),
            tables=tables(check),
            together=_shares(check),
            sheets=check_sheets(check),
            colours=css_colours(check.classes),
        )
    )


def _shares(check: Check) -> list[tuple[str, list[tuple[int, float]]]]:
    """Return for each class that is shown how many of its images show each class, and which share of them that is."""
    counts = check.together.tolist()
    return [
        (name, [(count, count / row[c]) for count in row])
        for c, (name, row) in enumerate(zip(check.classes, counts, strict=True))
        if row[c]
    ]
