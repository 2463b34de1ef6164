"""Parts by name: each has a number, and the texts are of one line."""

from wsss.apps.audit.names import KINDS, PARTS


def test_every_part_has_a_number():
    assert set(PARTS) <= set(KINDS)
    assert all("\n" not in words for words in KINDS.values())
