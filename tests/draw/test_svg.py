import math
import re
from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib.figure import Figure

from wsss.draw.svg import INK, SERIES, STYLE, to_svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(title: str = "loss"):
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(2, 1))
        axes = figure.add_axes((0.25, 0.25, 0.5, 0.5), xlim=(0, 1), ylim=(0, 1), title=title)
        axes.plot([0, 1], [0, 1], color=SERIES[0], marker="o")
        axes.text(0.1, 0.1, "words", color=INK)
        axes.plot([0.5, 0.6], [1.0, math.nan], color=SERIES[1], label="<b>", picker=True)
        axes.fmt_xdata, axes.fmt_ydata = "at {:g}".format, '"top" & {:.1f}'.format
        return to_svg(figure, summary="a <line>")


def test_it_is_xml_with_text_as_text():
    root = ET.fromstring(drawn())
    assert root.tag == f"{SVG}svg"
    assert root.attrib["viewBox"] == "0 0 144 72"
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"words", "loss"} <= set(texts)


def test_its_first_title_is_the_summary_and_hints_lie_where_the_point_is():
    root = ET.fromstring(drawn())
    assert root.findtext(f"{SVG}title") == "a <line>"
    (circle,) = root.iter(f"{SVG}circle")
    # Half of the axes' width of 72 points beyond 36; three quarters of 72 points up is a quarter down.
    assert (circle.attrib["cx"], circle.attrib["cy"]) == ("72.0", "18.0")
    assert circle.findtext(f"{SVG}title") == '<b>, at 0.5: "top" & 1.0'


def test_colours_are_variables_of_the_page():
    svg = drawn()
    assert "var(--ink, #" in svg
    assert "var(--series-1, #" in svg
    assert not re.search("#0[123]0[123]0[1234]", svg)


def test_nothing_reaches_beyond_the_figure():
    svg = drawn()
    assert "<style" not in svg
    assert "font-family: 'DejaVu" not in svg
    assert set(re.findall(r"https?://[^\"]*", svg)) == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_ids_differ_between_charts_and_every_reference_has_its_target():
    one, other = drawn(), drawn(title="score")
    ids = [set(re.findall(r'id="([^"]*)"', svg)) for svg in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, own in zip((one, other), ids, strict=True):
        targets = {a or b for a, b in re.findall(r'(?:href="#([^"]*)"|url\(#([^)]*)\))', svg)}
        assert targets
        assert targets <= own


def test_equal_figures_make_equal_text():
    assert drawn() == drawn()


def test_dollars_and_tags_in_a_name_are_text():
    svg = drawn(title="$x$ <b>")
    assert "$x$ &lt;b&gt;" in svg


def test_settings_of_matplotlib_are_given_back():
    before = dict(mpl.rcParams)
    drawn()
    assert dict(mpl.rcParams) == before
