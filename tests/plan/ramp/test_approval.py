from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crossfade.errors import BadInput
from crossfade.plan.gates.samples import MINUTE
from crossfade.plan.ramp.approval import Approval, Override, missing_approval
from tests.plan.shop import NOON

HOUR = timedelta(hours=1)
APPROVED = Approval("d1" * 32, by="ada", at=NOON - HOUR, expires=NOON + HOUR)


def test_an_approval_of_this_change_counts() -> None:
    assert missing_approval((APPROVED,), APPROVED.digest, NOON) == ""


def test_without_an_approval_the_digest_to_approve_is_named() -> None:
    assert missing_approval((), "abcdef0123456789", NOON) == "nobody approved abcdef012345 yet"


def test_an_approval_expires() -> None:
    told = missing_approval((APPROVED,), APPROVED.digest, NOON + HOUR)
    assert told == "the approval by ada expired at 2026-03-02 13:00 UTC"


def test_an_approval_counts_from_the_instant_at_which_it_is_given() -> None:
    assert missing_approval((APPROVED,), APPROVED.digest, APPROVED.at) == ""


def test_of_several_that_expired_the_last_one_is_named() -> None:
    by_bob = replace(APPROVED, by="bob", expires=NOON - MINUTE)
    told = missing_approval((by_bob, APPROVED), APPROVED.digest, NOON + HOUR)
    assert "by ada expired" in told
    told = missing_approval((APPROVED, by_bob), APPROVED.digest, NOON + HOUR)
    assert "by ada expired" in told


def test_an_approval_does_not_count_before_it_was_given() -> None:
    assert missing_approval((APPROVED,), APPROVED.digest, NOON - 2 * HOUR) != ""


def test_an_approval_of_something_else_is_none() -> None:
    other = replace(APPROVED, digest="c3" * 32, by="bob", at=NOON - 2 * HOUR)
    for given in ((APPROVED,), (APPROVED, other), (other, APPROVED)):
        assert missing_approval(given, "e2" * 32, NOON) == (
            "the approval by ada was for other records, another change or another plan "
            "(d1d1d1d1d1d1, now e2e2e2e2e2e2)"
        ), "the last one that was given"


def test_an_override_needs_a_reason() -> None:
    with pytest.raises(BadInput, match="errors needs a reason"):
        Override(gate="errors", stage="canary", reason=" ", by="ada", at=NOON)
