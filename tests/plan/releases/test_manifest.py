"""The manifest's document: read as written, and not believed when it was changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crossfade.errors import Failed
from crossfade.plan.releases.manifest import from_json, to_json
from tests.plan.models import release

RELEASE = release({"index.html": "1", "a b#ü.js": "2"})
NAME = "s3://front/releases/web/2.manifest.json"


def test_it_is_read_as_it_was_written() -> None:
    assert from_json(to_json(RELEASE), name=NAME) == RELEASE
    assert RELEASE.size == 2


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"{}", "is not a manifest that crossfade wrote"),
        (b"<html>", "is not a manifest that crossfade wrote"),
        (to_json(replace(RELEASE, format=9)), "has form 9, this crossfade reads form 1"),
        (to_json(replace(RELEASE, files=RELEASE.files[:1])), "was changed after publishing"),
        (to_json(replace(RELEASE, entry_pages=())), "was changed after publishing"),
        (to_json(release({"index.html": "1", "/abs.js": "2"})), "names '/abs.js'"),
        (to_json(release({"index.html": "1", "a//b.js": "2"})), "names 'a//b.js'"),
        (to_json(release({"index.html": "1", "../b.js": "2"})), r"names '\.\./b\.js'"),
    ],
)
def test_another_document_is_refused_by_name(document: bytes, says: str) -> None:
    with pytest.raises(Failed, match=says) as failed:
        from_json(document, name=NAME)
    assert NAME in str(failed.value)
