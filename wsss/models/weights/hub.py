"""The hub where timm and transformers look for weights: without a network, files of before are found at once."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies


@contextmanager
def hub() -> Iterator[None]:
    """Let what is inside load from the hub, or only from its cache where the hub's name is not known to the network.

    The hub's own client would ask again and again for more than a minute, and tell each time. Raises `OSError` where
    the hub cannot be reached and a file was not loaded before.
    """
    # With timm, which is imported by whoever loads: half a second that others do without.
    constants: Any = import_module("huggingface_hub.constants")
    host = urlsplit(constants.ENDPOINT).hostname or ""
    if constants.HF_HUB_OFFLINE or _is_known(host):
        yield
        return
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    except import_module("huggingface_hub.errors").LocalEntryNotFoundError as error:
        raise OSError(f"{host} cannot be reached, and this was not loaded before") from error
    finally:
        constants.HF_HUB_OFFLINE = False


def _is_known(host: str) -> bool:
    if getproxies():  # which know names that this machine does not
        return True
    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        return False
    return True
