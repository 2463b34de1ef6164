"""Tell which files of an artifact's folder are its result."""

import re
from typing import Final

MANIFEST: Final = "manifest.json"
LOGS: Final = "logs"
"""The folder in an artifact where loggers write: no part of the result."""
ROOT: Final = "root.txt"
"""Where the data set of an index lies today."""
PLACES: Final = "places.json"
"""Where files lie today that a network reads beside its stored weights."""
OWN: Final = re.compile(r"log(\.\d+)?\.txt|root\.txt|places\.json|stage\.yaml")
"""Files of an artifact that are not part of the result: the logs of all processes, and what is kept up to date."""


def is_result(name: str) -> bool:
    """Tell whether a file of an artifact's folder, by its name there, is listed in its manifest: no log, not hidden."""
    parts = tuple(name.split("/"))
    own = parts == (MANIFEST,) or parts[0] == LOGS or OWN.fullmatch(parts[-1]) is not None
    return not own and not any(part.startswith(".") for part in parts)
