from __future__ import annotations

import pytest

from crossfade.local.stack.callers import is_own_host, is_own_origin


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:4200", "localhost:80", "LOCALHOST", "acme-front.localhost:4566"],
)
def test_this_machine_has_two_names(host: str) -> None:
    assert is_own_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:4200",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evillocalhost",
        "127.0.0.1:4200:evil",
        "127.0.0.1@evil.example",
        "[::1]:4200",
    ],
)
def test_every_other_name_is_foreign(host: str) -> None:
    assert not is_own_host(host)


@pytest.mark.parametrize("origin", [None, "http://127.0.0.1:4200", "http://localhost:4200"])
def test_own_pages_and_programs_may_call(origin: str | None) -> None:
    assert is_own_origin(origin, 4200)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:4201",
        "https://127.0.0.1:4200",
        "http://127.0.0.1:4200.evil.example",
    ],
)
def test_every_other_page_is_foreign(origin: str) -> None:
    assert not is_own_origin(origin, 4200)
