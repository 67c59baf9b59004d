"""The launcher: who may talk to the app, what leaves it, and that nobody gets past the frame."""

import http.client
import json
import logging
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Locator, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.testing.v1 import AppTest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from pages import guard
from tests.serving import ROOT, Server, browser_page, probe, serve, settled

TITLES = ["Flywheel", "Review", "Datasets", "Logs"]
SECRET = "Jane Miller, jane@example.com"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("server")) as running:
        yield running


def ask(
    server: Server, path: str, host: str = "", method: str = "GET", **headers: str
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{server.port}")
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    return connection.getresponse()


def ask_socket(server: Server, host: str = "", origin: str = "") -> int:
    """The status of a websocket handshake."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec_WebSocket_Protocol": "streamlit",
    }
    if origin:
        headers["Origin"] = origin
    return ask(server, "/_stcore/stream", host, **headers).status


def heading(page: Page, title: str) -> Locator:
    return page.get_by_role("heading", name=title, exact=True).first


def page_links(page: Page) -> list[str]:
    links = page.locator(".st-key-nav").get_by_role("link")
    expect(links).to_have_count(len(TITLES))
    return links.all_inner_texts()


# ---- who may talk to the app ----------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/review", "/_stcore/health", "/media/none", "/nowhere"])
def test_every_route_refuses_a_foreign_host(server: Server, path: str) -> None:
    assert ask(server, path, host="evil.example").status == 400
    assert ask(server, path, host=f"localhost:{server.port}").status != 400


def test_the_websocket_refuses_a_foreign_host_and_a_foreign_page(server: Server) -> None:
    own = f"http://127.0.0.1:{server.port}"
    assert ask_socket(server) == 101
    assert ask_socket(server, origin=own) == 101
    assert ask_socket(server, host="evil.example") >= 400
    assert ask_socket(server, host="evil.example", origin="http://evil.example") >= 400
    assert ask_socket(server, origin="http://evil.example") >= 400


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's table of sockets")
def test_listens_on_loopback_only(server: Server) -> None:
    assert server.process is not None
    links = Path(f"/proc/{server.process.pid}/fd").iterdir()
    own = {target for link in links if (target := str(link.readlink())).startswith("socket:")}
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text("ascii").splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and f"socket:[{inode}]" in own:
                listening.append(local)
    assert listening == [f"0100007F:{server.port:04X}"]


def test_the_agent_api_is_off(server: Server) -> None:
    assert json.loads(ask(server, "/_stcore/agent/openapi.json").read())["info"]
    assert ask(server, "/_stcore/agent/interact", method="POST", Content_Length="0").status >= 400


# ---- what leaves it -------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/static/none.js", "/media/none"])
def test_every_response_carries_the_headers(server: Server, path: str) -> None:
    response = ask(server, path)
    assert {name: response.headers[name] for name in guard.HEADERS} == guard.HEADERS


def test_the_policy_names_this_server_only() -> None:
    allowed = " ".join(guard.POLICY.values())
    assert "unsafe-eval" not in allowed
    assert "*" not in allowed
    assert "http" not in allowed
    assert "unsafe" not in guard.POLICY["script-src"]
    assert guard.POLICY["default-src"] == "'none'"


@pytest.mark.browser
def test_no_page_asks_for_anything_outside(server: Server) -> None:
    with browser_page() as (page, traffic):
        for title in TITLES:
            page.goto(f"{server.url}/{'' if title == 'Flywheel' else title.lower()}")
            expect(heading(page, title)).to_be_visible(timeout=20_000)
            settled(page)
            assert page_links(page) == TITLES
    assert any(url.startswith("ws://127.0.0.1") for url in traffic.urls)
    assert traffic.outside() == []
    assert [line for line in traffic.console if "Content Security Policy" in line] == []


HOSTILE = """
    import altair as alt
    import pandas as pd
    import streamlit as st

    st.title("Flywheel")
    rows = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=9), "rate": range(9)})
    st.altair_chart(
        alt.Chart(rows).mark_bar().encode(
            x="day:T", y=alt.Y("twice:Q", axis=alt.Axis(labelExpr="'n=' + datum.value")),
            tooltip=["day:T", "rate:Q"],
        ).transform_calculate(twice="datum.rate * 2")
    )
    st.dataframe(rows, column_config={"rate": st.column_config.ProgressColumn()})
    st.html("<p style='color: light-dark(#a00, #faa)'>escaped</p>")
    st.text_area("Correction", "text")
    st.file_uploader("Add log files")
    st.download_button("Download", b"rows", "rows.txt")
    st.markdown("![](http://{address}/markdown) $x^2$")
    st.html("<img src='http://{address}/html'><link rel='stylesheet' href='http://{address}/css'>")
    st.html("<script>fetch('http://{address}/script')</script>", unsafe_allow_javascript=True)
"""


@pytest.mark.browser
def test_hostile_text_cannot_call_home_while_the_app_works(tmp_path: Path) -> None:
    heard = []

    class Ear(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    ear = HTTPServer(("127.0.0.1", 0), Ear)
    Thread(target=ear.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{ear.server_port}"
    root = probe(tmp_path, flywheel=HOSTILE.replace("{address}", address))
    with serve(tmp_path, root=root) as server, browser_page() as (page, traffic):
        page.goto(server.url)
        labels = page.locator(".stVegaLiteChart .role-axis-label")
        expect(labels.filter(has_text="n=16")).to_be_visible()
        expect(page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible()
        page.get_by_test_id("stFileUploaderDropzone").locator("input").set_input_files(
            {"name": "log.jsonl", "mimeType": "application/json", "buffer": b"{}"}
        )
        expect(page.get_by_text("log.jsonl")).to_be_visible()
        page.get_by_label("Correction").fill("new text")
        page.get_by_label("Correction").press("Control+Enter")
        settled(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download", exact=True).click()
        assert Path(download.value.path()).read_bytes() == b"rows"
        page.evaluate(
            "address => Promise.allSettled([fetch('http://' + address + '/fetch'),"
            " new Promise(done => { const tag = document.createElement('script');"
            " tag.onerror = tag.onload = done; tag.src = 'http://' + address + '/tag';"
            " document.body.append(tag) })])",
            address,
        )
        page.wait_for_timeout(500)
    ear.shutdown()
    assert heard == []
    assert f"http://{address}/markdown" in traffic.refused


@pytest.mark.browser
def test_a_failing_page_tells_nothing_about_the_text_it_failed_on(tmp_path: Path) -> None:
    code = f"""
        import streamlit as st
        st.title("Flywheel")
        try:
            int({SECRET!r})
        except ValueError as error:
            raise RuntimeError("could not read " + {SECRET!r}) from error
    """
    root = probe(tmp_path, flywheel=code)
    with serve(tmp_path, root=root) as server, browser_page() as (page, traffic):
        page.goto(server.url)
        expect(page.get_by_role("alert")).to_contain_text("Something went wrong on this page")
        log = server.log.read_text("utf-8")
    assert traffic.frames
    assert not [frame for frame in traffic.frames if SECRET.encode() in frame]
    assert "RuntimeError" in log
    assert "could not read Jane" not in log
    assert "invalid literal" not in log


def test_a_log_line_names_the_place_and_not_the_message() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        record = guard.PlaceOnlyRecord(
            "any", logging.ERROR, __file__, 1, "it failed", None, sys.exc_info()
        )
    line = logging.Formatter().format(record)
    assert "test_launch.py" in line
    assert line.endswith("ValueError\n")
    assert SECRET not in line


def test_an_upload_never_touches_the_disk(tmp_path: Path) -> None:
    """5 MB through the real upload route, in a process that cannot make temporary files."""
    block = tmp_path / "block"
    block.mkdir()
    (block / "sitecustomize.py").write_text("import tempfile\ntempfile.tempdir = '/nowhere'\n")
    with (
        serve(tmp_path, {"PYTHONPATH": str(block)}) as server,
        connect(
            f"ws://127.0.0.1:{server.port}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
        ) as socket,
    ):
        start = BackMsg()
        start.rerun_script.query_string = ""
        socket.send(start.SerializeToString())
        message = ForwardMsg()
        while message.WhichOneof("type") != "new_session":
            message.ParseFromString(socket.recv(timeout=20))
        session = message.new_session.initialize.session_id

        cookie = ask(server, "/_stcore/health").headers["Set-Cookie"].split(";")[0]
        body = (
            b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n'
            b"Content-Type: application/json\r\n\r\n" + b"x" * 5_000_000 + b"\r\n--edge--\r\n"
        )
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        path = f"/_stcore/upload_file/{session}/some-file"
        kind = {"Content-Type": "multipart/form-data; boundary=edge"}
        token = {"Cookie": cookie, "X-Xsrftoken": cookie.partition("=")[2]}
        connection.request("PUT", path, body, kind)
        assert connection.getresponse().status == 403  # without the token
        connection.close()
        connection.request("PUT", path, body, {**kind, **token})
        assert connection.getresponse().status == 204, server.log.read_text("utf-8")


# ---- no address goes past the frame ---------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("first", ["metrics", "frame", "guard", "review"])
def test_a_cold_visit_goes_through_the_frame(server: Server, first: str) -> None:
    """Before anyone else: Streamlit forgets about the `pages/` folder only after a first run."""
    server.restart()
    with browser_page() as (page, _):
        page.goto(f"{server.url}/{first}")
        assert page_links(page) == TITLES
        title = "Review" if first == "review" else "Flywheel"
        expect(heading(page, title)).to_be_visible(timeout=20_000)


@pytest.mark.browser
def test_the_pages_can_be_reached_on_a_phone(server: Server) -> None:
    with browser_page(390, 844) as (page, _):
        page.goto(server.url)
        for title in reversed(TITLES):
            page.get_by_role("link", name=title, exact=True).click()
            expect(heading(page, title)).to_be_visible(timeout=20_000)
        width = page.evaluate("document.documentElement.scrollWidth")
    assert width == 390


def first_heading(app: AppTest) -> str:
    return str([*app.title, *app.header][0].value)


def frame_links(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.get("page_link")][: len(TITLES)]


def test_apptest_renders_the_launcher_and_every_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_DB", str(tmp_path / "flywheel.duckdb"))
    monkeypatch.setenv("FLYWHEEL_KEY", "a key for tests only, 32 bytes or more")
    app = AppTest.from_file(ROOT / "dashboard.py", default_timeout=30).run()
    assert not app.exception
    assert first_heading(app) == "Flywheel"
    app.run()  # Streamlit would now take the page past the frame if its address matched its file
    assert frame_links(app) == TITLES
    for title in TITLES:
        app.switch_page(f"pages/{title.lower()}.py").run()
        assert not app.exception
        assert first_heading(app) == title
        assert frame_links(app) == TITLES
