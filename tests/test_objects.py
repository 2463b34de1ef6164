"""Objects in a bucket: written whole, read in part, and every way in which a bucket does not serve."""

import socket
import threading
from importlib import util

import pytest
from object_storage import connect, disconnect, new_bucket, objects_in

from wsss.errors import ConfigError, StoreError
from wsss.objects import MissingObjectError, delete, put, read, refuse_bucket, state_of


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> str:
    return new_bucket(monkeypatch)


def test_an_object_is_written_read_in_part_and_deleted(bucket: str):
    url = f"{bucket}/a/b"
    assert state_of(url) is None
    state = put(url, b"0123456789")
    assert state == state_of(url)
    assert state.size == 10
    assert [read(url, start=start, size=4) for start in (0, 5, 8)] == [b"0123", b"5678", b"89"]
    other = put(url, b"012345678x")
    assert other.etag != state.etag
    delete(url)
    delete(url)
    assert objects_in(bucket) == {}
    with pytest.raises(MissingObjectError, match=r"/a/b is gone: `wsss store verify --repair`"):
        read(url, start=0, size=1)


def test_a_large_object_is_one_request(bucket: str, monkeypatch: pytest.MonkeyPatch):
    import s3fs

    calls = []
    call = s3fs.S3FileSystem._call_s3

    def counted(self: s3fs.S3FileSystem, method: str, *args: object, **options: object) -> object:
        calls.append(method)
        return call(self, method, *args, **options)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", counted)
    put(f"{bucket}/large", bytes(101 * 2**20))  # s3fs divides what is larger than 100 MiB
    assert calls == ["put_object", "head_object"]


def test_a_bucket_that_serves_is_left_as_it_was(bucket: str):
    refuse_bucket(f"{bucket}/folder/", key="runtime.bucket")
    assert objects_in(bucket) == {}


def test_a_bucket_that_is_missing_is_named(bucket: str):
    with pytest.raises(
        ConfigError, match=r"runtime\.bucket=s3://nobody/a: there is no bucket 'nobody': make it, or correct its name"
    ):
        refuse_bucket("s3://nobody/a", key="runtime.bucket")


def test_a_name_that_no_bucket_can_have_is_told(bucket: str):
    with pytest.raises(
        ConfigError, match=r"runtime\.bucket=s3://my!bucket/a: 'my!bucket' cannot be the name of a bucket"
    ):
        refuse_bucket("s3://my!bucket/a", key="runtime.bucket")


def test_missing_credentials_are_told(bucket: str, monkeypatch: pytest.MonkeyPatch):
    disconnect(monkeypatch)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("HOME", "/nowhere")
    with pytest.raises(StoreError, match=r"there are no credentials for .*: set AWS_ACCESS_KEY_ID and"):
        put(f"{bucket}/a", b"")


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch):
    disconnect(monkeypatch)
    for call in (lambda url: put(url, b""), lambda url: read(url, start=0, size=1), state_of, delete):
        with pytest.raises(StoreError, match=r"s3://b/a cannot be reached .*127\.0\.0\.1:9.*look at the network.*kept"):
            call("s3://b/a")


def test_a_connection_that_breaks_off_is_told(bucket: str, monkeypatch: pytest.MonkeyPatch):
    """A server that takes the beginning of each request, and hangs up."""

    def hang_up(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.recv(1000)
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=hang_up, args=(server,), daemon=True).start()
        with monkeypatch.context() as context:
            connect(context, f"http://127.0.0.1:{server.getsockname()[1]}")
            context.setenv("AWS_MAX_ATTEMPTS", "1")
            with pytest.raises(StoreError, match="cannot be reached"):
                put(f"{bucket}/a", bytes(10**6))
        server.shutdown(socket.SHUT_RDWR)


def test_what_is_denied_is_told(bucket: str, monkeypatch: pytest.MonkeyPatch):
    import s3fs

    async def denied(*_: object, **__: object) -> None:
        raise PermissionError("Access Denied")

    monkeypatch.setattr(s3fs.S3FileSystem, "_pipe_file", denied)
    with pytest.raises(StoreError, match=r"/a is denied to you \(Access Denied\): ask its owner"):
        put(f"{bucket}/a", b"")


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    found = util.find_spec
    monkeypatch.setattr("wsss.objects.find_spec", lambda name: None if name == "s3fs" else found(name))
    with pytest.raises(ConfigError, match=r"bucket=s3://b: s3fs is not installed.*pip install 'wsss\[s3\]'"):
        refuse_bucket("s3://b", key="runtime.bucket")
