"""Equal values of dataclasses are one object."""

from dataclasses import dataclass

from wsss.data.alike import Alike
from wsss.size import Size


@dataclass(frozen=True, slots=True)
class Held:
    size: Size | None
    names: tuple[str, ...]


def test_equal_values_are_one_object_and_others_stay_apart():
    alike = Alike()
    held = [Held(Size(height=3, width=width), tuple("ab")) for width in (4, 4, 5)]
    shared = [alike.share(each, "size", "names") for each in held]
    assert shared == held
    assert held[0].size is held[1].size
    assert held[2].size == Size(height=3, width=5)
    assert held[0].names is held[1].names is held[2].names
    assert alike.share(Held(None, ()), "size") == Held(None, ())
