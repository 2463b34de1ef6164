"""Objects in a bucket of S3, or of a server that speaks as it does. Needs the extra `s3`."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

from wsss.errors import ConfigError, StoreError, first_line

SCHEME: Final = "s3://"
ONE_REQUEST: Final = 2**32
"""Bytes of a part of an object. s3fs divides what has two of them, or more than the 5 GiB that S3 takes at once."""
CONNECT: Final = 10
"""Seconds until a server that does not answer is given up, several times."""


class ObjectState(NamedTuple):
    """What tells that an object is another one."""

    size: int
    etag: str


class MissingObjectError(StoreError):
    """An object that is not there."""


def put(url: str, data: bytes) -> ObjectState:
    """Write an object by one request, so that it is there as a whole or not at all. Raises `StoreError`."""
    with _files(url) as files:
        files.pipe_file(url, data, chunksize=ONE_REQUEST)
    state = state_of(url)
    if state is None or state.size != len(data):
        raise StoreError(f"{url} is not as it was written: look at who else writes into the bucket, and run again")
    return state


def read(url: str, *, start: int, size: int) -> bytes:
    """Return bytes of an object, fewer where it ends before.

    Raises `MissingObjectError` where it is gone, `StoreError` where nobody answers.
    """
    with _files(url) as files:
        data: bytes = files.cat_file(url, start=start, end=start + size)
        return data


def state_of(url: str) -> ObjectState | None:
    """Return the state of an object, None where there is none. Raises `StoreError` where nobody answers."""
    try:
        with _files(url) as files:
            found = files.info(url, refresh=True)
    except MissingObjectError:
        return None
    return ObjectState(size=found["size"], etag=found.get("ETag", "")) if found["type"] == "file" else None


def delete(url: str) -> None:
    """Delete an object, which need not be there."""
    with _files(url) as files:
        files.rm_file(url)


def refuse_bucket(folder: str, *, key: str) -> None:
    """Raise `ConfigError` that names the key where objects cannot be written and deleted below an address."""
    try:
        probe = f"{folder.rstrip('/')}/.wsss-{secrets.token_hex(8)}"
        put(probe, b"")
        delete(probe)
    except StoreError as error:
        raise ConfigError([f"{key}={folder}: {error}"]) from error


@contextmanager
def _files(url: str) -> Iterator[Any]:
    """Yield what speaks with the server; raises `StoreError` with a remedy for whatever it says."""
    if find_spec("s3fs") is None:
        raise StoreError("s3fs is not installed, by which buckets are read: pip install 'wsss[s3]'")
    bucket = url.removeprefix(SCHEME).partition("/")[0]
    # They take a second to import, and few runs need them.
    failures, payload = import_module("botocore.exceptions"), import_module("aiohttp").ClientError
    files = import_module("fsspec").filesystem(
        "s3", use_listings_cache=False, config_kwargs={"connect_timeout": CONNECT}
    )
    try:
        yield files
    except FileNotFoundError as error:
        if "specified bucket" in str(error):  # which no class of errors tells from a missing object
            raise StoreError(f"there is no bucket {bucket!r}: make it, or correct its name") from error
        raise MissingObjectError(f"{url} is gone: `wsss store verify --repair`, then run again") from error
    except (failures.NoCredentialsError, failures.PartialCredentialsError) as error:
        remedy = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        raise StoreError(f"there are no credentials for {url}: {remedy}") from error
    except failures.ParamValidationError as error:
        remedy = "a bucket is named by 3 to 63 small letters, digits, dots and hyphens"
        raise StoreError(f"{bucket!r} cannot be the name of a bucket: {remedy}") from error
    except PermissionError as error:
        remedy = "ask its owner to let you put, get and delete objects"
        raise StoreError(f"{url} is denied to you ({first_line(error)}): {remedy}") from error
    except (failures.BotoCoreError, payload, OSError) as error:
        remedy = "look at the network, AWS_ENDPOINT_URL and AWS_DEFAULT_REGION, and run again: what was made is kept"
        raise StoreError(f"{url} cannot be reached ({first_line(error)}): {remedy}") from error
