"""The page as a flow: it is put into a bucket, and nothing else is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.report import report
from tests.story import FRONT

if TYPE_CHECKING:
    from tests.flows.conftest import Operator


def test_a_run_puts_the_page_where_it_is_told(operator: Operator) -> None:
    operator.story.published("1.0.0").promote("1.0.0")
    ran = operator.starts(report, bucket=FRONT, key="status/crossfade.html")
    assert ran.message.startswith(
        f"the page of everything is at s3://{FRONT}/status/crossfade.html"
    )
    assert ran.name == "report-all"
    there = operator.story.aws.client("s3").get_object(Bucket=FRONT, Key="status/crossfade.html")
    assert there["ContentType"] == "text/html; charset=utf-8"
    assert "1.0.0</b>" in there["Body"].read().decode()


def test_a_place_that_is_somebody_elses_is_refused(operator: Operator) -> None:
    ran = operator.starts(report, bucket=FRONT, key="live/index.html")
    assert ran.message.startswith("BadInput: ")
    assert "where the site of production is" in ran.message
