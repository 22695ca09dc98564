from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.errors import BadInput
from crossfade.plan.dns.vector import (
    BASELINE,
    SMALLEST_SHARE,
    Vector,
    percent,
    share_error,
    share_of,
    vector_of,
)
from crossfade.plan.dns.vector import weights as shown

shares = st.fractions(min_value=0, max_value=100, max_denominator=10_000)
settable = shares.filter(
    lambda share: share in (0, 100) or SMALLEST_SHARE <= share <= 100 - SMALLEST_SHARE
)
weights = st.integers(min_value=0, max_value=255)


@settings(deadline=None)
@given(weights, weights)
def test_a_vector_is_never_all_zero(legacy: int, new: int) -> None:
    if legacy == new == 0:
        with pytest.raises(BadInput, match="even split"):
            Vector(legacy, new)
    else:
        assert Vector(legacy, new).share == Fraction(100 * new, legacy + new)


@settings(deadline=None)
@given(settable)
def test_every_settable_share_becomes_a_vector_within_a_twentieth_of_a_point(
    share: Fraction,
) -> None:
    vector = vector_of(share)
    assert abs(share_error(share, vector)) <= Fraction(1, 20)
    assert (vector.new == 0) == (share == 0)
    assert (vector.legacy == 0) == (share == 100)


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=100))
def test_whole_percents_are_exact_and_read_as_themselves(share: int) -> None:
    vector = vector_of(Fraction(share))
    assert vector == Vector(100 - share, share)
    assert share_error(Fraction(share), vector) == 0


@settings(deadline=None)
@given(weights, weights)
def test_a_share_that_weights_can_mean_is_met_exactly(legacy: int, new: int) -> None:
    if legacy == 0 or new == 0:
        return
    share = Vector(legacy, new).share
    assert vector_of(share).share == share


@pytest.mark.parametrize("share", ["0.1", "0.39", "99.7", "99.99"])
def test_a_share_finer_than_one_weight_is_refused_rather_than_rounded_to_all_or_nothing(
    share: str,
) -> None:
    with pytest.raises(BadInput, match=r"0\.39 %"):
        vector_of(share_of(share))


def test_one_percent_asked_is_one_percent_set() -> None:
    # senza #283, #202: asking for 1 % took half of the live stack's traffic
    assert vector_of(share_of(1)).share == 1


def test_the_smallest_share_is_one_weight_of_256() -> None:
    assert vector_of(share_of("0.4")) == Vector(249, 1)
    assert vector_of(SMALLEST_SHARE) == Vector(255, 1)


def test_the_largest_share_below_all_is_255_weights_of_256() -> None:
    assert vector_of(100 - SMALLEST_SHARE) == Vector(1, 255)


@pytest.mark.parametrize(
    ("share", "nearest"),
    [
        ("0.41", Vector(243, 1)),
        ("49.96", Vector(1, 1)),
        ("50.05", Vector(254, 255)),
        ("99.6", Vector(1, 249)),
    ],
)
def test_a_share_becomes_the_nearest_of_all_pairs_of_weights(share: str, nearest: Vector) -> None:
    assert vector_of(share_of(share)) == nearest


def test_a_share_out_of_reach_is_refused_with_the_shares_that_can_be_set() -> None:
    with pytest.raises(BadInput) as refused:
        vector_of(share_of("0.1"))
    assert str(refused.value) == (
        "share 0.1 % cannot be set: the finest step of Route 53's weights is 0.39 % (1 of 256); "
        "ask for 0, 100, or for a share from 0.39 % to 99.61 %"
    )


@pytest.mark.parametrize(("legacy", "new", "wrong"), [(-1, 1, "legacy"), (1, -1, "new")])
def test_a_weight_out_of_range_is_named_with_its_platform(
    legacy: int, new: int, wrong: str
) -> None:
    with pytest.raises(BadInput) as refused:
        Vector(legacy, new)
    assert str(refused.value) == (
        f"-1 is no weight for {wrong}: Route 53 takes whole numbers from 0 to 255"
    )


def test_all_zeros_are_refused_with_what_they_would_mean() -> None:
    with pytest.raises(BadInput) as refused:
        Vector(0, 0)
    assert str(refused.value) == (
        "legacy 0 / new 0 cannot be set: Route 53 reads all zeros as an even split; "
        "give one platform a weight"
    )


def test_weights_are_told_with_the_share_that_they_mean() -> None:
    assert shown(Vector(90, 10)) == "legacy 90 / new 10, 10 % on new"
    assert shown(None) == "the records as they were found"


def test_the_error_of_a_share_that_weights_cannot_mean_is_stated() -> None:
    asked = share_of("33.33")
    vector = vector_of(asked)
    assert share_error(asked, vector) != 0
    assert vector.share - share_error(asked, vector) == asked


@pytest.mark.parametrize("weight", [-1, 256, 1.0, True, None, "10"])
def test_weights_are_whole_numbers_from_0_to_255(weight: object) -> None:
    # external-dns: a weight that could not be parsed became 0
    with pytest.raises(BadInput, match="no weight for new"):
        Vector(100, weight)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", ["ten", "", "-1", "100.1", "1/0", "nan"])
def test_what_is_no_percentage_is_refused_in_words(share: str) -> None:
    with pytest.raises(BadInput, match="percentage from 0 to 100"):
        share_of(share)


def test_a_share_written_as_a_decimal_is_read_exactly() -> None:
    assert share_of(0.1) == Fraction(1, 10)


def test_weight_zero_is_a_weight() -> None:
    assert BASELINE.new == 0
    assert str(BASELINE) == "legacy 100 / new 0"
    assert percent(BASELINE.share) == "0 %"
    assert percent(Fraction(125, 10)) == "12.5 %"
