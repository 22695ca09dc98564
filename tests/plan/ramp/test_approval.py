from __future__ import annotations

from datetime import timedelta

import pytest

from crossfade.errors import BadInput
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


def test_an_approval_does_not_count_before_it_was_given() -> None:
    assert missing_approval((APPROVED,), APPROVED.digest, NOON - 2 * HOUR) != ""


def test_an_approval_of_something_else_is_none() -> None:
    told = missing_approval((APPROVED,), "e2" * 32, NOON)
    assert "by ada was for other records, another change or another plan" in told


def test_an_override_needs_a_reason() -> None:
    with pytest.raises(BadInput, match="errors needs a reason"):
        Override(gate="errors", stage="canary", reason=" ", by="ada", at=NOON)
