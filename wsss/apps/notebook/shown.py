"""Results that notebooks show as a picture, and that are saved as one."""

import html
import sys
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
from PIL import Image

from wsss.draw.sheet import jpeg_address
from wsss.errors import ConfigError
from wsss.store.texts import whole


class Shown(ABC):
    """A result with a picture: `show()` opens it, a notebook shows it as the last value of a cell."""

    @abstractmethod
    def overlay(self) -> Image.Image:
        """Return the picture."""

    @abstractmethod
    def caption(self) -> str:
        """Return in a sentence what the picture shows."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.caption()}>"

    def show(self) -> None:
        """Show the picture: below the cell of a notebook, or in the system's viewer of images."""
        notebook = sys.modules.get("IPython")
        if notebook is not None and notebook.get_ipython() is not None:
            notebook.display.display(self)
        else:
            self.overlay().show()

    def save(self, path: str | Path) -> None:
        """Save the picture, in the format that the suffix names: `.png` or `.jpg`, among others.

        Raises `ConfigError` for a suffix that is not a picture's.
        """
        path = Path(path).expanduser()
        known = Image.registered_extensions()
        if path.suffix.lower() not in known or known[path.suffix.lower()] not in Image.SAVE:
            raise ConfigError([f"{path}: pictures are not saved with the suffix {path.suffix!r}: use .png or .jpg"])
        with whole(path) as hidden:
            self.overlay().save(hidden, format=known[path.suffix.lower()])

    def _repr_html_(self) -> str:
        picture = jpeg_address(np.asarray(self.overlay()))
        words = html.escape(self.caption())
        return f'<figure style="margin:0"><img src="{picture}" alt="{words}"><figcaption>{words}</figcaption></figure>'
