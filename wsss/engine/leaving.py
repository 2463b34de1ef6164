"""End the process of a command without the seconds in which Python frees every object of its modules."""

import atexit
import logging
import os
import sys


class Leaving:
    """Ends this process after its threads, and after the functions that were registered with `atexit` since.

    Python would then free each object of thousands of modules, which the system does anyway: 0.5 CPU seconds with torch
    alone, 1.7 with all that trains. Make one before torch and the like are imported: their functions then come first.
    """

    def __init__(self) -> None:
        self._code: int | None = None
        self._here = os.getpid()
        atexit.register(self._leave)

    def with_code(self, code: object) -> None:
        """Set the exit code, or what `SystemExit` holds in its place; without it, Python ends the process itself."""
        self._code = 0 if code is None else code if isinstance(code, int) else None  # of a text Python makes a 1

    def _leave(self) -> None:
        if self._code is None or os.getpid() != self._here:
            return
        logging.shutdown()
        try:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        except (OSError, ValueError):  # Python says what could not be written, or that a stream was closed
            return
        os._exit(self._code & 0xFF)
