"""Amounts of cpu and memory are read as Kubernetes reads them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crossfade.errors import BadInput
from crossfade.plan.cron.table.quantity import read_quantity


@pytest.mark.parametrize(
    ("text", "what", "amount"),
    [
        ("500m", "cpu", "0.5"), ("2", "cpu", "2"), ("0.25", "cpu", "0.25"), (".5", "cpu", "0.5"),
        ("128Mi", "memory", "134217728"), ("1G", "memory", "1e9"),
        ("1.5Gi", "memory", "1610612736"),
        ("1e3", "memory", "1000"), ("12E2", "memory", "1200"), ("1E", "memory", "1e18"),
        ("64000", "memory", "64000"), ("128k", "memory", "128000"),
    ],
)  # fmt: skip
def test_an_amount_has_a_number_and_perhaps_a_unit(text: str, what: str, amount: str) -> None:
    assert read_quantity(text, what) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "what", "words"),
    [
        ("1 Gi", "memory", "write 128Mi or 1G"), ("1GB", "memory", "no amount"),
        ("1mi", "memory", "no amount"), ("1K", "memory", "no amount"), ("-1", "cpu", "no amount"),
        ("", "cpu", "no amount"), ("half", "cpu", "write 500m or 2"), ("128m", "memory", "less"),
        ("0", "cpu", "less than 1m"), ("0.0001", "cpu", "less than 1m"),
    ],
)  # fmt: skip
def test_what_kubernetes_does_not_read_or_not_mean_is_refused(
    text: str, what: str, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        read_quantity(text, what)
