"""A server of S3 on the loopback, in a process of its own, and buckets in it."""

import atexit
import os
import secrets
import socket
import subprocess
import sys
import time
from functools import cache

import pytest


@cache
def server() -> str:
    """The address of a server that runs until the tests end."""
    pytest.importorskip("moto")
    pytest.importorskip("s3fs")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(process.kill)
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert process.poll() is None, "the server ended"
            time.sleep(0.1)
        else:
            return f"http://127.0.0.1:{port}"
    raise TimeoutError("the server does not answer")


def connect(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Let this process and those that it starts speak with a server of S3."""
    files = pytest.importorskip("s3fs").S3FileSystem
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    for name, value in zip(names, (address, "key", "secret", "us-east-1"), strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    files.clear_instance_cache()


def disconnect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let them speak with a server that is not there, and ask it once."""
    connect(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def new_bucket(monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty bucket."""
    connect(monkeypatch, server())
    name = f"bucket-{secrets.token_hex(4)}"
    _files().mkdir(name)
    return f"s3://{name}"


def objects_in(bucket: str) -> dict[str, bytes]:
    """What lies in a bucket, by the rest of the address."""
    files = _files()
    return {name.partition("/")[2]: files.cat_file(name) for name in sorted(files.find(bucket, refresh=True))}


def _files():  # noqa: ANN202
    return pytest.importorskip("s3fs").S3FileSystem(use_listings_cache=False)
