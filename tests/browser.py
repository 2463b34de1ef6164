"""A browser without a window, spoken to through pipes: for what only a browser can tell of a page."""

import base64
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="NOBODY LOOKED AT THE PAGES: install chromium")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe")
TIMEOUT = 60
KEYS = {"Tab": 9, "Enter": 13, "ArrowDown": 40}


class Browser:
    """One page, by the Chrome DevTools Protocol."""

    def __init__(self, writes: int, reads: int) -> None:
        self._writes, self._reads, self._count, self._rest = writes, reads, 0, b""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session: str | None = None
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._count:
            pass
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._reads, 1 << 20)
            assert read, "the browser ended"
            self._rest += read
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    def open(self, page: Path, *, at: str = "", width: int = 1280, height: int = 900, scheme: str = "light") -> None:
        """Show a file in a window of a size, to a person who likes it light or dark."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", features=features)
        self.ask("Page.navigate", url="about:blank")
        self.ask("Page.navigate", url=page.as_uri() + at)
        self.value("new Promise(r => document.readyState == 'complete' ? r() : addEventListener('load', r))")
        self.value("Promise.all([...document.images].map(each => each.decode()))")

    def value(self, expression: str) -> Any:
        """What an expression is within the page."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        code = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **code)

    def picture(self) -> np.ndarray:
        """What the window shows, `[h w 3]`."""
        data = self.ask("Page.captureScreenshot", format="png")["data"]
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start a browser with a profile in an empty folder, and end it."""
    assert CHROMIUM is not None
    to_them, writes = os.pipe()
    reads, from_them = os.pipe()
    # It reads from 3 and writes to 4, numbers that may be taken here.
    start = f'exec "$0" "$@" 3<&{to_them} 4>&{from_them}'
    process = subprocess.Popen(
        ["bash", "-c", start, CHROMIUM, *OPTIONS, f"--user-data-dir={folder}", "about:blank"],
        pass_fds=(to_them, from_them),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_them)
    os.close(from_them)
    try:
        yield Browser(writes, reads)
    finally:
        process.terminate()
        process.wait(TIMEOUT)
        os.close(writes)
        os.close(reads)
