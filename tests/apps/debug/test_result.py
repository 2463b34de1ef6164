"""Results of parts."""

from wsss.apps.debug.result import Result
from wsss.draw.findings import Part


def test_a_part_without_findings_has_no_number():
    result = Result(part=Part(kind="x", title="X", sentence="Nothing."))
    assert result.findings == ()
    assert result.measure is None
