from __future__ import annotations

import pytest

from crossfade.errors import BadInput, Failed, Unavailable, without_passwords


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "no answer from https://user:s3cret@s3.example/b",
            "no answer from https://…@s3.example/b",
        ),
        ("at http://s3cret@127.0.0.1:9/", "at http://…@127.0.0.1:9/"),
        (
            "URL: \"http://u:s3@cret@h:9/x\" and 'ftp://a:s3cret@b'",
            "URL: \"http://…@h:9/x\" and 'ftp://…@b'",
        ),
        ("http://user:s3/cret@host/x", "http://…@host/x"),
        ("http://user:1s3/cret@host/x", "http://…@host/x"),
    ],
)
def test_a_password_in_an_address_is_not_told(text: str, shown: str) -> None:
    assert without_passwords(text) == shown
    for kind in (BadInput, Failed, Unavailable):
        assert str(kind(text)) == shown
        assert "cret" not in repr(kind(text))


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:9/live/@scope/x.js",
        "https://app.acme.example/@scope/x.js",
        "https://app.acme.example?mail=ann@acme.example",
        "s3://acme-front/releases/web/@scope/x.js",
        "by ann@desk: https://app.acme.example and bob@desk",
        "http://127.0.0.1:9",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert str(BadInput(text)) == text
