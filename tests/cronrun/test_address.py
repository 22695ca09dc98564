"""Addresses of memcached: what is none is said at the start, with where it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.cronrun.configured import find_server
from crossfade.cronrun.lock.address import read_address
from crossfade.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cronrun.conftest import Story

GOOD = {
    "127.0.0.1:11211": ("127.0.0.1", 11211),
    "memcached": ("memcached", 11211),
    "memcached:1": ("memcached", 1),
    "a-b.c_d.example.:65535": ("a-b.c_d.example.", 65535),
    "[::1]:11211": ("::1", 11211),
    "[fe80::1%eth0]:11211": ("fe80::1%eth0", 11211),
    "[::1]": ("::1", 11211),
    "zürich.example:1": ("zürich.example", 1),
    "/run/memcached.sock": "/run/memcached.sock",
    "unix:/run/memcached.sock": "/run/memcached.sock",
}
WRONG = {
    "": "is empty",
    "a:1,b:2": "names more than one",
    "a:1;b:2": "names more than one",
    "memcached://a:1": "is a URL",
    " a:1": "has a blank",
    "a:1 ": "has a blank",
    "a: 1": "has a blank",
    "a:1\n": "has a blank",
    "a\x00:1": "has a blank or a control character",
    "a:99999": "has no port from 1 to 65535",
    "a:0": "has no port",
    "a:": "has no port",
    "a:x": "has no port",
    "a:-1": "has no port",
    "a:+1": "has no port",
    "a:1_1": "has no port",
    "a:\u0661": "has no port",
    ":11211": "has no host",
    "::1": "several colons",
    "::1:11211": "several colons",
    "a:1:2": "several colons",
    "[::1": "has no IPv6 address in its brackets",
    "[::1]x:1": "has no IPv6 address in its brackets",
    "[nonsense]:1": "has no IPv6 address in its brackets",
    "[127.0.0.1]:1": "has no IPv6 address in its brackets",
    "10.0.0:1": "has no host name or IPv4 address",
    "10.0.0.256:1": "has no host name or IPv4 address",
    "a..b:1": "has no host name",
    "a/b:1": "has no host name",
    "user@a:1": "has no host name",
    "unix:run/x": "names no absolute path",
    "x" * 64 + ":1": "has no host name",
}
VARIABLE = "CROSSFADE__LOCK__SERVERS"


@pytest.mark.parametrize(("text", "read"), GOOD.items())
def test_an_address_is_read(text: str, read: object) -> None:
    assert read_address(text, source="x") == read


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_what_is_no_address_is_named_with_its_source_and_the_mend(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_address(text, source="--server")
    message = str(caught.value)
    assert message.startswith(f"--server is {text!r}, which ")
    assert said in message
    assert "it must be one memcached as HOST:PORT" in message


@given(st.text(alphabet="a1.:[]/-_ ,%@\u00e9", max_size=12) | st.text(max_size=12))
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    try:
        address = read_address(text, source="x")
    except BadInput:
        return
    if isinstance(address, str):
        assert address.startswith("/")
    else:
        host, port = address
        assert host
        assert 1 <= port <= 65535


@pytest.mark.parametrize("text", [text for text in WRONG if text and "\x00" not in text])
def test_every_place_that_names_the_server_is_checked(tmp_path: Path, text: str) -> None:
    file = tmp_path / "crossfade.toml"
    file.write_text(f"[lock]\nservers = [{json.dumps(text)}]\n")
    for environment, source in (
        ({VARIABLE: json.dumps([text])}, VARIABLE),
        ({"CROSSFADE_CONFIG": str(file)}, f"lock.servers of {file}"),
    ):
        with pytest.raises(BadInput) as caught:
            find_server(environment)
        assert str(caught.value).startswith(f"{source} is {text!r}, which ")


@pytest.mark.parametrize("text", ["a:1", "[::1]:1", "[::1]", "[fe80::1%eth0]:11211"])
def test_the_variable_may_name_it_as_it_is_or_as_a_list(text: str) -> None:
    assert find_server({VARIABLE: text}) == text
    assert find_server({VARIABLE: f" [ {json.dumps(text)} ]"}) == text


@pytest.mark.parametrize(
    "written",
    ['servers = "a:1"', "servers = [1]", "servers = {}", "servers = [[]]", "servers = true"],
)
def test_a_list_that_is_none_is_said(tmp_path: Path, written: str) -> None:
    file = tmp_path / "crossfade.toml"
    for text in (f"[lock]\n{written}\n", "lock = 3\n", "[[lock]]\n"):
        file.write_text(text)
        with pytest.raises(BadInput, match="must be a list of one address"):
            find_server({"CROSSFADE_CONFIG": str(file)})
    with pytest.raises(BadInput, match="must be a list of one address"):
        find_server({VARIABLE: "[1]"})


def test_a_configuration_that_is_no_text_is_said(tmp_path: Path) -> None:
    file = tmp_path / "crossfade.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="cannot be read"):
        find_server({"CROSSFADE_CONFIG": str(file)})
    with pytest.raises(BadInput, match="cannot be read"):
        find_server({"CROSSFADE_CONFIG": str(tmp_path)})


@pytest.mark.parametrize("text", ["", " a:1", "a:1,b:2", "memcached://a:1", "a:99999", "::1"])
def test_the_wrapper_ends_with_2_and_one_sentence(story: Story, text: str) -> None:
    done = story.new.run(*story.command, flags=("--server", text))
    assert (done.returncode, done.stdout, story.runs()) == (2, "", 0)
    assert done.stderr.startswith(f"crossfade cron run: --server is {text!r}, which ")
    assert done.stderr.count("\n") == 1
