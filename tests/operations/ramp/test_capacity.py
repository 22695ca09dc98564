from __future__ import annotations

from math import inf, nan
from types import SimpleNamespace
from typing import Any

import pytest

from crossfade.operations.ramp.capacity import requests_per_second
from crossfade.plan.gates.samples import MINUTE
from crossfade.plan.ramp.stages import Plan
from tests.plan.shop import NOON, SHOP


def a_ramp_on_which_new_published(value: float) -> Any:
    result = {"Id": "new_requests", "Timestamps": [NOON - 3 * MINUTE], "Values": [value]}
    answer = {"MetricDataResults": [result]}
    return SimpleNamespace(
        name="shop",
        traffic=SHOP,
        plan=Plan(()),
        world=SimpleNamespace(
            clock=SimpleNamespace(now=lambda: NOON),
            cloudwatch=SimpleNamespace(get_metric_data=lambda **_: answer),
        ),
    )


def test_the_load_is_what_both_platforms_published() -> None:
    assert requests_per_second(a_ramp_on_which_new_published(600.0)) == 10


@pytest.mark.parametrize("value", [nan, inf, -600.0])
def test_what_is_no_count_tells_no_load(value: float) -> None:
    assert requests_per_second(a_ramp_on_which_new_published(value)) is None
