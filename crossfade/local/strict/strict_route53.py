"""A strict Route 53: the real service's rules in front of moto's, and switches for its bad days.

`strict_route53()` replaces what moto's Route 53 does with changes, listings and GetChange for the
time of a `with` block, in this process: for moto's decorator and for moto's server alike.
"""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ReadTimeoutError
from moto.core.responses import ActionResult
from moto.route53 import urls
from moto.route53.responses import Route53

from crossfade.local.strict.replacement import replaced
from crossfade.local.strict.route53_rules import InvalidInput
from crossfade.local.strict.route53_state import (
    REAL_RATE,
    Rate,
    StrictRoute53,
    Throttled,
    Unanswered,
)
from crossfade.plan.base.dns_names import normal_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moto.route53.models import RecordSet

PAGE = 300
Answer = tuple[str, dict[str, int | str]]
"""A body and headers with the status among them, as moto takes them."""

THROTTLED = (
    '<?xml version="1.0"?><ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/">'
    "<Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
    "<RequestId>strict-route53</RequestId></ErrorResponse>"
)
TEST_ANSWER_PATH = r"{0}/(?P<api_version>[\d_-]+)/testdnsanswer$"


@contextmanager
def strict_route53(
    *,
    in_sync_after: float = 0.2,
    busy_for: float = 0.0,
    rate: Rate | None = REAL_RATE,
    clock: Callable[[], float] = time.monotonic,
    chance: random.Random | None = None,
) -> Iterator[StrictRoute53]:
    """Make moto's Route 53 strict until the block ends; see `StrictRoute53` for the arguments.

    Enter it before moto's server starts, so that TestDNSAnswer has its path there.
    """
    strict = StrictRoute53(
        in_sync_after,
        busy_for,
        rate,
        clock,
        chance or random.Random(),  # noqa: S311  no secret
    )
    rules = {
        "change_resource_record_sets": _limited(strict, "ChangeResourceRecordSets", _change),
        "list_resource_record_sets": _limited(strict, "ListResourceRecordSets", _list),
        "get_change": _limited(strict, "GetChange", _get_change),
    }
    with replaced(Route53, rules), _answering_tests(strict):
        yield strict


@contextmanager
def _answering_tests(strict: StrictRoute53) -> Iterator[None]:
    """Add TestDNSAnswer, which moto has no path for."""
    answering = _limited(strict, "TestDNSAnswer", _test_answer)
    if "test_dns_answer" in vars(Route53):  # an outer block added it
        with replaced(Route53, {"test_dns_answer": answering}):
            yield
        return
    urls.url_paths[TEST_ANSWER_PATH] = Route53.dispatch
    Route53.test_dns_answer = answering  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del Route53.test_dns_answer  # type: ignore[attr-defined]
        del urls.url_paths[TEST_ANSWER_PATH]


def _limited(
    strict: StrictRoute53, action: str, answer: Callable[[StrictRoute53, Route53], ActionResult]
) -> Callable[[Route53], ActionResult | Answer]:
    """Put an action's rate in front of it.

    The throttled answer is written out, because `Throttling` is in none of the service's models.
    """

    def limited(ask: Route53) -> ActionResult | Answer:
        try:
            strict.take_turn(action)
        except Throttled:
            return THROTTLED, {"status": HTTPStatus.BAD_REQUEST, "Content-Type": "text/xml"}
        return answer(strict, ask)

    return limited


def _change(strict: StrictRoute53, ask: Route53) -> ActionResult:
    zone = ask.backend.get_hosted_zone(_param(ask, "HostedZoneId"))
    changes = ask._get_param("ChangeBatch.Changes")  # noqa: SLF001  moto's way to read a request
    try:
        change_id = strict.change(zone, changes)
    except Unanswered as silence:
        # A server ends the connection on its own kind of error; in process, botocore treats its
        # own exception as it treats a real time-out.
        if ask.is_werkzeug_request:
            raise ConnectionResetError from silence
        raise ReadTimeoutError(endpoint_url=ask.uri) from silence
    return ActionResult({"ChangeInfo": _info(change_id, "PENDING")})


def _get_change(strict: StrictRoute53, ask: Route53) -> ActionResult:
    change_id = _param(ask, "Id")
    return ActionResult({"ChangeInfo": _info(change_id, strict.status(change_id))})


def _list(_: StrictRoute53, ask: Route53) -> ActionResult:
    zone = ask.backend.get_hosted_zone(_param(ask, "HostedZoneId"))
    name, kind, identifier = (
        _param(ask, f"StartRecord{part}") for part in ("Name", "Type", "Identifier")
    )
    if kind and not name:
        raise InvalidInput("The input is not valid")
    size = min(PAGE, int(_param(ask, "MaxItems") or PAGE))
    start = (_place(normal_name(name)) if name else "", kind, identifier)
    there = sorted((one for one in zone.rrsets if _order(one) >= start), key=_order)
    page, rest = there[:size], there[size:]
    result: dict[str, Any] = {
        "ResourceRecordSets": page,
        "IsTruncated": bool(rest),
        "MaxItems": size,
    }
    if rest:
        result["NextRecordName"] = rest[0].name
        result["NextRecordType"] = rest[0].type
        result["NextRecordIdentifier"] = rest[0].set_identifier
    return ActionResult(result)


def _test_answer(strict: StrictRoute53, ask: Route53) -> ActionResult:
    zone = ask.backend.get_hosted_zone(_param(ask, "HostedZoneId"))
    name, kind = normal_name(_param(ask, "RecordName")), _param(ask, "RecordType")
    group = [one for one in zone.rrsets if (one.name, one.type) == (name, kind)]
    weights = [1 if one.weight is None else int(one.weight) for one in group]
    data: list[str] = []
    if group:
        # all zeros are an even split
        drawn = strict.chance.choices(group, weights if any(weights) else None)[0]
        alias = drawn.alias_target
        data = [alias["DNSName"]] if alias else [str(value) for value in drawn.records]
    answer = {
        "Nameserver": "ns-2048.awsdns-64.com",
        "RecordName": name,
        "RecordType": kind,
        "RecordData": data,
        "ResponseCode": "NOERROR",
        "Protocol": "UDP",
    }
    return ActionResult(answer)


def _param(ask: Route53, name: str) -> str:
    return str(ask._get_param(name) or "")  # noqa: SLF001  moto's way to read a request


def _info(change_id: str, status: str) -> dict[str, Any]:
    bare = change_id.removeprefix("/change/")
    return {"Id": f"/change/{bare}", "Status": status, "SubmittedAt": datetime.now(UTC)}


def _order(record: RecordSet) -> tuple[str, str, str]:
    return _place(record.name), str(record.type), record.set_identifier or ""


def _place(name: str) -> str:
    return ".".join(reversed(name.removesuffix(".").split("."))) + "."
