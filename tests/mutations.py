"""Bytes that are almost those of a good file: cut, doubled, overwritten, and with what readers stumble over put in."""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import strategies as st

TOKENS = (
    b"\0", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80",
    b"\\ud800", b"\x1b[31m", b"\r", b"\n", b"\t",
    b'"', b"'", b",", b";", b":", b"-", b"#", b"&a ", b"*a", b"!!python/object:os.system ", b"<<: ", b"---\n", b"...\n",
    b"[" * 2000, b"{" * 2000, b'{"a":' * 500, b"]", b"}", b"null", b"NaN", b"-1", b"1e999", b"9" * 5000, b"true",
    b"../", b"/etc/passwd", b"C:\\", b".", b"x" * 5000, b"\x7f\xff\xff\xff", b"\0\0\0\0", b"<!DOCTYPE a [", b"&a;",
)  # fmt: skip
"""What files that made readers fail have held."""


class Change(NamedTuple):
    """One change of a file, at a place from its start to its end: 0 to 1."""

    kind: str
    place: float
    length: int
    token: bytes


def changed(content: bytes, changes: Sequence[Change]) -> bytes:
    """A file after changes, one after the other."""
    for change in changes:
        start = int(change.place * len(content))
        end = start + change.length
        match change.kind:
            case "put in":
                content = content[:start] + change.token + content[start:]
            case "overwrite":
                content = content[:start] + change.token[: change.length] + content[end:]
            case "flip":
                bit = bytes(byte ^ 1 << change.length % 8 for byte in content[start : start + 1])
                content = content[:start] + bit + content[start + 1 :]
            case "leave out":
                content = content[:start] + content[end:]
            case "double":
                content = content[:end] + content[start:end] + content[end:]
            case "cut":
                content = content[:start]
    return content


KINDS = ("put in", "overwrite", "flip", "leave out", "double", "cut")
CHANGES = st.lists(
    st.builds(
        Change,
        kind=st.sampled_from(KINDS),
        place=st.floats(0, 1, exclude_max=True),
        length=st.integers(1, 20),
        token=st.sampled_from(TOKENS) | st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=4,
)
