"""Read JSON whose lists are too long for the memory: the object at its top, one item of a list after the other."""

import json
from collections.abc import Callable, Iterator
from io import BufferedIOBase
from typing import Final, NamedTuple, NoReturn, TypeVar

from pydantic import ValidationError

from wsss.errors import brief
from wsss.validation import early_end, ends_early, first_problem

T = TypeVar("T")

CHUNK: Final = 1 << 20
"""Bytes that are read at once, and more where a value is longer."""
BOM: Final = "\xef\xbb\xbf"
_SPACE: Final = " \t\n\r"
_IN_NUMBERS: Final = "0123456789.eE+-"
_scan: Final = json.JSONDecoder().raw_decode


class EndsEarlyError(ValueError):
    """The end of the JSON is missing."""

    def __init__(self, byte: int) -> None:
        super().__init__(early_end(byte))


class Value(NamedTuple):
    """A value of the object at the top, or an item of a list there."""

    key: str
    number: int | None
    """The item's place in its list, from 0; None for an empty list, and for any other value."""
    start: int
    """The byte of the file at which it begins."""
    data: bytes

    def read(self, parse: Callable[[bytes], T]) -> T:
        """Return what pydantic makes of its bytes; raises `ValueError` that names its place where they are refused."""
        try:
            return parse(self.data)
        except ValidationError as error:
            place: tuple[str | int, ...] = (self.key,) if self.number is None else (self.key, self.number)
            raise ValueError(first_problem(error, within=place)) from error


def json_items(file: BufferedIOBase) -> Iterator[Value]:
    """Yield the items of the lists of a JSON object, and its other values, in the file's order, as they are written.

    That a value is JSON is all that is checked. Raises `ValueError` for a file that is not one such object, and for a
    key that is there twice, and its `EndsEarlyError` for the start of an object; `RecursionError` for values that are
    nested too deeply.
    """
    text = _Text(file)
    keys = set[str]()
    text.take("{")
    if text.takes("}"):
        return text.end()
    while True:
        start, data = text.value()
        if not isinstance(key := json.loads(data), str):
            text.refuse("a key in double quotes", at=start)
        if key in keys:
            raise ValueError(f"{brief(key)} is there twice")
        keys.add(key)
        text.take(":")
        if text.takes("["):
            yield from _items(key, text)
        else:
            yield Value(key, None, *text.value())
        if not text.takes(","):
            break
    text.take("}")
    text.end()


def _items(key: str, text: "_Text") -> Iterator[Value]:
    start = text.at - 1
    if text.takes("]"):
        yield Value(key, None, start, b"[]")
        return
    number = 0
    while True:
        yield Value(key, number, *text.value())
        number += 1
        if not text.takes(","):
            break
    text.take("]")


class _Text:
    """A file's bytes that were read and not taken yet, as a text with a character a byte.

    All marks of JSON are ASCII, and no other character of UTF-8 has a byte of ASCII.
    """

    def __init__(self, file: BufferedIOBase) -> None:
        self._file = file
        self._text, self._place, self._before = "", 0, 0
        self._more()
        if "\0" in self._text[:4]:
            raise ValueError("not UTF-8 but most likely UTF-16: save it as UTF-8")
        if self._text.startswith(BOM):
            self._place = len(BOM)

    @property
    def at(self) -> int:
        """The byte of the file that comes next."""
        return self._before + self._place

    def takes(self, mark: str) -> bool:
        """Take a mark, if it is what comes next but for spaces, and tell whether it was."""
        if self._next() != mark:
            return False
        self._place += 1
        return True

    def take(self, mark: str) -> None:
        """Take a mark; raises `ValueError` where something else comes next, and `EndsEarlyError` where nothing does."""
        if not self.takes(mark):
            if self.at and not self._next():
                raise EndsEarlyError(self.at)
            self.refuse(repr(mark))

    def value(self) -> tuple[int, bytes]:
        """Take a value; return where it begins, and its bytes."""
        self._next()
        while True:
            try:
                _, end = _scan(self._text, self._place)
            except json.JSONDecodeError as error:
                if not self._more():  # else it may be cut off by the end of what was read
                    if not self._next() or ends_early(self._text[self._place :].encode("latin-1")):
                        raise EndsEarlyError(self._before + len(self._text)) from error
                    raise ValueError(f"{error.msg} at byte {self._before + error.pos:,}") from error
                continue
            # of a number, what was read may end anywhere
            if self._text[end : end + 1] not in _IN_NUMBERS or not self._more():
                break
        start, data = self.at, self._text[self._place : end].encode("latin-1")
        self._place = end
        return start, data

    def end(self) -> None:
        """Raise `ValueError` where anything but spaces is left."""
        if self._next():
            self.refuse("the end of the file")

    def refuse(self, expected: str, *, at: int | None = None) -> NoReturn:
        """Raise the `ValueError` for what stands at a byte of the file; None: for what comes next."""
        raise ValueError(f"expected {expected} at byte {self.at if at is None else at:,}")

    def _next(self) -> str:
        """Return what comes next behind spaces, nothing at the end of the file."""
        while True:
            while self._place < len(self._text):
                if (mark := self._text[self._place]) not in _SPACE:
                    return mark
                self._place += 1
            if not self._more():
                return ""

    def _more(self) -> bool:
        """Read as much again as is there, so that a long value is not looked at for each chunk; tell whether it was."""
        data = self._file.read(max(CHUNK, len(self._text) - self._place))
        if data:
            self._before += self._place
            self._text = self._text[self._place :] + data.decode("latin-1")
            self._place = 0
        return bool(data)
