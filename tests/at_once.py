"""One test of many things: it asks each of them, and says of all at once what is wrong."""

from collections.abc import Callable, Mapping


def each(checks: Mapping[str, Callable[[], object]]) -> None:
    """Call every check, and raise what failed together, by the names of the things.

    For things that cost less than a test of their own, which is a millisecond or more in every process of the suite.
    """
    failures: dict[str, Exception] = {}
    for name, check in checks.items():
        try:
            check()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised below
            error.add_note(name)
            failures[name] = error
    if failures:
        raise ExceptionGroup(f"{', '.join(failures)}: {len(failures)} of {len(checks)}", list(failures.values()))
