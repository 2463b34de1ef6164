"""Names for parsers are those that exports take."""

from wsss.apps import export
from wsss.apps.export.graph_files import FORMATS
from wsss.commands.export import GRAPHS


def test_the_command_offers_what_can_be_written():
    assert tuple(FORMATS) == GRAPHS
    assert export.COMPETITIONS == ("comp6", "comp5")
