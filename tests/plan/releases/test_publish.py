"""What of a release is missing, and whether its version is taken."""

from __future__ import annotations

import pytest

from crossfade.errors import Refused
from crossfade.plan.releases.publish import plan_publish, same_or_refuse
from tests.plan.models import file, release

FILES = [file("a.js", "1"), file("b.js", "2")]


def test_only_what_is_not_whole_is_uploaded() -> None:
    missing = plan_publish(FILES, {"a.js": "etag"}, ["a.js", "b.js"])
    assert [one.path for one in missing.upload] == ["b.js"]
    assert missing.there == {"a.js": "etag"}
    assert missing.strangers == ()


def test_names_that_are_not_of_the_release_are_strangers() -> None:
    assert plan_publish(FILES, {}, ["z.js", "a.js", "c.js"]).strangers == ("c.js", "z.js")


def test_equal_content_under_the_version_is_accepted() -> None:
    taken = release({"a.js": "1"})
    same_or_refuse(taken, taken.digest, taken.files)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"a.js": "2"}, r"1 file differs: a\.js"),
        ({"b.js": "1"}, r"2 files differ: a\.js, b\.js"),
    ],
)
def test_other_content_is_refused_naming_what_differs(content: dict[str, str], says: str) -> None:
    other = release(content)
    with pytest.raises(Refused, match=says):
        same_or_refuse(release({"a.js": "1"}), other.digest, other.files)


def test_another_choice_of_pages_is_other_content() -> None:
    taken = release({"a.js": "1"})
    with pytest.raises(Refused, match="0 files differ: the choice of entry pages"):
        same_or_refuse(taken, "other", taken.files)
