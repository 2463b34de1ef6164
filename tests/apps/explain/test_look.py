"""Which classes of an image are explained."""

import pytest

from wsss.apps.explain.look import likely_classes, named_classes
from wsss.errors import ConfigError

KNOWN = ("ant", "bee", "cat")


def test_the_rival_is_never_explained():
    assert likely_classes((0.9, 0.8, 0.1), known=KNOWN, rival="ant") == (1,)
    assert likely_classes((0.9, 0.2, 0.1), known=KNOWN, rival="ant") == (1,)
    with pytest.raises(ConfigError, match="ant is what others are compared with"):
        named_classes(("ant",), known=KNOWN, rival="ant")


def test_named_classes_keep_their_order():
    assert named_classes(("cat", "ant", "cat"), known=KNOWN) == (2, 0)
    with pytest.raises(ConfigError, match="there is no 'dog'"):
        named_classes(("dog",), known=KNOWN)
