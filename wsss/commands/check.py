"""Checks of data sets: `wsss data check`, and the end of `wsss data prepare`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from wsss import engine, store
from wsss.apps import check


def check_to(
    choice: "check.Choice",
    root: Path | None,
    *,
    given: Mapping[str, "check.Typed"],
    train: str,
    val: str,
    command: str | None = None,
    added: Path | None = None,
    page: Path | None = None,
) -> int:
    """Check a data set, say what was found, and return the exit code: 1 where a run would refuse it.

    Args:
        choice: Its layout.
        root: Its folder; None where it needs none.
        given: Options of the layout, as they are typed.
        train: The run's `splits.train`.
        val: The run's `splits.val`.
        command: The command of a run; None: the one with what was given and found.
        added: The folder of `--config-dir`.
        page: Where a page is written as well.
    """
    layout = choice.layout(root, given=given)
    said = command or choice.run_line(layout, train=train, val=val, added=added)
    with TemporaryDirectory() as drawn:
        found = check.check_dataset(
            layout,
            into=Path(drawn),
            train=train,
            val=val,
            watch=lambda total: engine.bar("check", total=total, unit="images"),
        )
        _tell(found, command=said, page=page)
    return 1 if found.problems else 0


def _tell(found: "check.Check", *, command: str, page: Path | None) -> None:
    """Print what was found, and write the page if one is wanted."""
    engine.console.print(command)
    for part in check.check_text(found):
        engine.console.print(part)
    if page is not None:
        page.parent.mkdir(parents=True, exist_ok=True)
        store.write_text(page, check.render_check(found, command=command, created=datetime.now(UTC)))
        engine.console.print(str(page.absolute()))
