"""The server: who may ask for what, and the page in a browser."""

import json
import os
import socket
from pathlib import Path

import pytest
from browser import browser, needs_chromium
from served import Served

from wsss.apps.view.gallery import Gallery
from wsss.apps.view.server import Viewer
from wsss.errors import ConfigError


def test_it_listens_on_the_loopback_interface_alone(served: Served):
    assert served.viewer.server.server_address[0] == "127.0.0.1"
    assert served.viewer.server.socket.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    "path",
    [
        "/../../../etc/passwd",
        "/picture/../../run.yaml",
        "/picture/%2e%2e/0",
        "/picture/0/..%2f0",
        "//etc/passwd",
        "/picture/-1/0",
        "/picture/0/999",
        "/picture/1e1/0",
        "/table/..",
        "/run.yaml",
        "/view.html.j2",
    ],
)
def test_no_path_leads_to_a_file(served: Served, path: str):
    assert served.ask(path)[0] == 404


def test_a_page_of_another_name_is_refused(served: Served):
    port = served.viewer.server.server_address[1]
    assert served.ask("/table", Host="evil.example")[0] == 403
    assert served.ask("/table", Host=f"evil.example:{port}")[0] == 403
    assert served.ask("/table", Host=f"localhost:{port}")[0] == 200


def test_a_tick_is_written_and_only_the_page_may_tick(served: Served, findings: Path, first_image: str):
    table = findings / "tags.csv"
    before = table.read_text()
    row = {"table": 0, "row": 0, "image": first_image, "accepted": True}
    assert served.accept(token="", **row)[0] == 403
    assert served.accept(token="é", **row)[0] == 403
    assert table.read_text() == before
    assert served.accept(**row) == (200, {"accept": "yes"})
    assert table.read_text() == before.replace("bee,add,,", "bee,add,yes,")
    status, told = served.accept(**{**row, "image": "other"})
    assert (status, "load the page again" in told["error"]) == (409, True)
    for wrong in ({}, {**row, "table": 1}, {**row, "row": "0"}):
        assert served.accept(**wrong)[0] == 409
    assert served.ask("/accept", method="POST", body="x" * 20_000, **{"X-Wsss-Token": served.token})[0] == 400


def test_the_table_names_no_folder_of_this_machine(served: Served, findings: Path):
    status, body = served.ask("/table")
    assert status == 200
    assert str(findings) not in body.decode()
    assert len(json.loads(body)["images"]) > 1


def test_a_port_that_is_taken_is_refused(gallery: Gallery):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="use another one"):
            _ = Viewer(gallery=gallery, port=taken.getsockname()[1]).server
    with pytest.raises(ConfigError, match="use another one"):
        _ = Viewer(gallery=gallery, port=99_999).server


@needs_chromium
def test_the_page_in_a_browser(served: Served, findings: Path, first_image: str, tmp_path: Path):
    os.environ.setdefault("NO_PROXY", "127.0.0.1")
    with browser(tmp_path / "profile") as window:
        window.ask("Page.navigate", url=served.viewer.address)
        wait = "new Promise(r => { const i = setInterval(() => { if (%s) { clearInterval(i); r(true); } }, 30); })"
        window.value(wait % "document.body && document.body.dataset.ready")
        count = int(window.value("document.querySelectorAll('#grid button').length"))
        assert count == len(served.viewer.gallery.records)
        window.value("at('finding').value = '0'; at('finding').onchange()")
        assert window.value("[...document.querySelectorAll('#grid .id:first-of-type')].map(e => e.textContent)") == [
            first_image
        ]
        window.value("document.querySelector('#grid button').click()")
        window.value(wait % "at('large').complete && at('large').naturalWidth > 0")
        assert "1 image lacks <bee>." in window.value("at('told').textContent"), "told as text, not as markup"

        def press(key: str) -> None:
            window.value(f"document.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}'}}))")

        press("2")
        assert window.value("document.querySelector('#panels .here').textContent").startswith("2 ")
        press("a")
        window.value(wait % "document.querySelector('.accept').dataset.saved === 'yes'")
        assert "bee,add,yes," in (findings / "tags.csv").read_text()
        window.value("at('view').close(); at('finding').value = ''; at('finding').onchange()")
        window.value("document.querySelector('#grid button').click()")
        before = window.value("at('which').textContent")
        press("ArrowRight")
        assert window.value("at('which').textContent") != before
        assert window.picture().std() > 1
