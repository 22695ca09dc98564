"""The commands of tandems: what they answer, and the exit codes that pipelines go by."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.cli.desk import Desk
from tests.story import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crossfade.local.strict.strict import Strict

CONFIGURATION = f"""
[state]
bucket = "{STATE}"

[releases]
bucket = "{STATE}"

[tandems.shop]
artifact = "s3://{STATE}/built/{{version}}.json"
patience = "5s"
look_every = "1s"

[tandems.shop.legacy]
kind = "parameter"
parameter = "/shop/legacy"
observe = {{ url = "http://127.0.0.1:PORT/legacy", asks = 1 }}

[tandems.shop.new]
kind = "parameter"
parameter = "/shop/new"
observe = {{ url = "http://127.0.0.1:PORT/new", asks = 1 }}
"""


class Hosts:
    """Both platforms' hosts: each pulls its parameter, and tells what it runs."""

    def __init__(self) -> None:
        self.ssm: Any = boto3.client("ssm")
        self.sick: set[str] = set()
        for name in ("legacy", "new"):
            document = json.dumps({"version": "1.4.1", "configuration": "d1"})
            self.ssm.put_parameter(Name=f"/shop/{name}", Value=document, Type="String")

    def answer(self, name: str) -> bytes:
        """Answer what a platform runs; one that is sick stays at what it ran."""
        value = json.loads(self.ssm.get_parameter(Name=f"/shop/{name}")["Parameter"]["Value"])
        if value["version"] in self.sick and name == "new":
            value = {"version": "1.4.1", "configuration": "d1"}
        return json.dumps(value).encode()


@contextmanager
def served(hosts: Hosts) -> Iterator[int]:
    """Serve what both platforms run, on loopback; give the port."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = hosts.answer(self.path.strip("/"))
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def hosts(strict: Strict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    """A tandem on which 1.4.1 runs, and 1.4.2 is built."""
    del strict
    monkeypatch.setenv("CROSSFADE_ACTOR", "ann@desk")
    monkeypatch.chdir(tmp_path)
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket=STATE, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for version in ("1.4.2", "1.4.3", "1.4.3-fix"):
        body = json.dumps({"version": version, "configuration": {"LEVEL": version}})
        s3.put_object(Bucket=STATE, Key=f"built/{version}.json", Body=body.encode())
    there = Hosts()
    with served(there) as port:
        text = CONFIGURATION.replace("PORT", str(port))
        (tmp_path / "crossfade.toml").write_text(text, encoding="utf-8")
        yield there


@pytest.fixture
def desk(hosts: Hosts, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """An operator of that tandem."""
    del hosts
    return Desk(tmp_path, capsys)


def test_a_version_is_released_shown_and_returned(desk: Desk) -> None:
    foretold = desk.does("tandem", "shop", "1.4.2", "--dry-run")
    assert "would release 1.4.2 (sha256:" in foretold.out
    document = desk.does("tandem", "shop", "1.4.2", "--wait", "1m", "--json").document
    assert (document["word"], document["exit_code"]) == ("in tandem", 0)
    assert document["operations"][0]["figures"]["platforms"] == 2
    shown = desk.does("status", "tandems/shop").out
    assert "in tandem" in shown
    assert shown.count("runs 1.4.2 (sha256:") == 2
    (subject,) = desk.does("status", "tandems/shop", "--json").document["subjects"]
    assert subject["tandem"]["word"] == "in tandem"
    assert subject["tandem"]["pair"]["version"] == "1.4.2"
    assert "release 1.4.2 to both platforms" in desk.does("history", "tandems/shop").out
    assert "in tandem at 1.4.2" in desk.does("tandem", "shop").out
    assert "would return both platforms" in desk.does("reverse", "tandems/shop", "--dry-run").out
    assert "as it was before" in desk.does("tandem", "shop", "--back", "--reason", "slow").out


def test_a_release_that_fails_on_one_side_ends_with_1_and_both_as_they_were(
    desk: Desk, hosts: Hosts
) -> None:
    desk.does("tandem", "shop", "1.4.2")
    hosts.sick.add("1.4.3")
    failed = desk.types("tandem", "shop", "1.4.3")
    assert failed.code == 1
    assert "1.4.3 was taken back: after 5 s: new runs 1.4.1 where 1.4.3 is meant" in failed.out
    assert "both run 1.4.2" in failed.out
    assert "told within" in failed.out
    again = desk.types("tandem", "shop", "1.4.3")
    assert (again.code, "--again --reason WHY" in again.err) == (3, True)
    assert "1.4.3 was taken back at" in desk.does("status", "tandems/shop").out


def test_pipelines_report_and_wait(desk: Desk) -> None:
    said = desk.does(
        *("ready", "shop", "--platform", "new", "--version", "1.4.9", "--digest", "d"), "--json"
    ).document
    assert (said["platform"], said["asked"]) == ("new", False)
    waits = desk.types("tandem", "shop", "1.4.9", "--wait", "1s")
    assert waits.code == 3
    assert "1.4.9 waited too long" in waits.out or "1.4.9 waits: " in waits.out
    assert "ready 1.4.9" in desk.does("status", "tandems/shop").out


def test_a_hotfix_shows_where_it_is_and_how_long(desk: Desk) -> None:
    desk.does("tandem", "shop", "1.4.2")
    words = ("tandem", "shop", "1.4.3-fix", "--only", "legacy", "--until", "24h")
    assert "needs a --reason" in desk.types(*words).err
    assert "legacy alone runs 1.4.3-fix" in desk.does(*words, "--reason", "a leak").out
    shown = desk.does("status", "tandems/shop").out
    assert "diverged" in shown
    assert "1.4.3-fix on legacy; it is meant to end" in shown
    assert "a leak" in shown
    assert desk.does("reverse", "tandems/shop", "--last").code == 0
    assert "both run 1.4.2" in desk.does("tandem", "shop", "1.4.2").out


@pytest.mark.parametrize("verb", ["back", "abort"])
def test_the_ways_back_of_migrations_name_the_one_of_tandems(desk: Desk, verb: str) -> None:
    typed = desk.types(verb, "tandems/shop")
    assert (typed.code, "`crossfade tandem shop --back`" in typed.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (["shop", "1.4.2", "--back"], "leave the version away"),
        (["shop", "--only", "new"], "a hotfix needs its version"),
        (["shop", "1", "--only", "new"], "say --until"),
        (["shop", "1", "--until", "1h"], "add --only"),
        (["shop", "1", "--only", "new", "--until", "2020-01-01", "--reason", "r"], "is over"),
        (["shop", "1", "--again"], "--again needs a --reason"),
        (["shop", "--wait", "1m"], "--wait needs the version"),
        (["shop", "1", "--take-over"], "--take-over is for --back"),
        (["shop", "--contains", "1"], "--contains needs the version"),
        (["cart"], "there is no tandem 'cart'"),
        (["shop", "a b"], "cannot be a version"),
    ],
)
def test_words_that_do_not_go_together_change_nothing(
    desk: Desk, words: list[str], mend: str
) -> None:
    typed = desk.types("tandem", *words)
    assert typed.code == 2
    assert mend in typed.err
