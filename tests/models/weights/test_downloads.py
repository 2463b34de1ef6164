"""A download is a value."""

from wsss.models.weights.downloads import Download


def test_two_of_the_same_are_told_once():
    one, other = (Download(name="net", source="here", size=4, licence="mit") for _ in range(2))
    assert list(dict.fromkeys([one, other])) == [one]
