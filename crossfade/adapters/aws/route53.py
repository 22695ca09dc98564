"""Route 53: reading the records of a migration, changing them in one batch, waiting for in sync.

A batch that fails is a question, not an answer: botocore repeats requests whose answer was lost,
and Route 53 then refuses our own change as if somebody else had made it. So every end but a plain
yes is settled by reading back.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from crossfade.adapters.aws.route53_form import from_aws, to_aws
from crossfade.adapters.aws.session import code, translated
from crossfade.errors import BadInput, Conflict, Failed, Refused, Unavailable
from crossfade.plan.base.dns_names import normal_name, shown
from crossfade.plan.dns.change import RecordsChange, Settled, conflict_text, settle
from crossfade.plan.dns.records import RecordSet, in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.literals import ChangeActionType
    from mypy_boto3_route53.type_defs import (
        ChangeBatchTypeDef,
        ChangeTypeDef,
        ListResourceRecordSetsRequestTypeDef,
        ListResourceRecordSetsResponseTypeDef,
    )

PAGE = "300"
"""Record sets that one answer of ListResourceRecordSets holds at most."""

LONGEST_COMMENT = 256
PAUSES = (1.0, 2.0, 4.0)
"""Seconds before each further attempt at a batch that was not applied."""

POLL_FIRST, POLL_GROWTH, POLL_LONGEST = 0.5, 1.5, 5.0
"""GetChange shares the account's ten requests a second with everybody: ask seldom."""

UNKNOWN_CHANGE_SECONDS = 120.0
"""How long to wait where no change id is known; in sync usually takes less than 60 seconds."""

_BUSY = {"PriorRequestNotComplete", "Throttling", "ThrottlingException"}
_SERVER_ERROR = 500


class Unsettled(Conflict):
    """Somebody else changed the records, and whether our own change came before is not known."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A change that stands in DNS.

    Attributes:
        change_id: Route 53's id, to wait for; "" where it answered none.
        settled: Whether it was known by its answer, or had to be found out by reading back.
    """

    change_id: str
    settled: bool


def read_records(client: Route53Client, zone: str, names: Iterable[str]) -> tuple[RecordSet, ...]:
    """Read all record sets of some names, each name from its own place in the zone on.

    A name's record sets stand together, so a listing that begins at the name has all of them
    before the first of another name. Names that stand near each other share one request, those that
    are not there included: what stands before and behind them shows that.

    Raises:
        BadInput: There is no such zone.
        Unavailable: Route 53 did not answer, or throttled.
    """
    wanted = deque(sorted({normal_name(name) for name in names}, key=_place))
    found: list[RecordSet] = []
    while wanted:
        first = wanted.popleft()
        page, last = _read_from(client, zone, first)
        there = {record.name for record in page}
        read = {first, *(name for name in wanted if _is_read(name, there, last))}
        wanted = deque(name for name in wanted if name not in read)
        found.extend(record for record in page if record.name in read)
    return in_order(found)


def _is_read(name: str, there: Collection[str], last: str) -> bool:
    """Whether a name that stands behind the first of a page was read whole, or is not there.

    Route 53 sorts escaped characters as what they mean, so an escaped name's place says nothing.

    Args:
        name: The name.
        there: The names of the page.
        last: The page's last name, which may go on behind it; "" where the zone ended.
    """
    if name == last:
        return False
    plain = "\\" not in name + last
    return name in there or (plain and (not last or _place(name) < _place(last)))


def apply_change(
    client: Route53Client,
    zone: str,
    change: RecordsChange,
    *,
    sleep: Callable[[float], None],
    comment: str = "",
    pauses: Sequence[float] = PAUSES,
) -> Applied:
    """Make a change in one batch, and know how it came out.

    Where the change turns out to be applied already, its target is written over itself: that
    changes nothing, is refused if it is not so, and gives an id to wait for.

    Args:
        client: boto3's `route53` client.
        zone: The hosted zone's id.
        change: What to expect and what to set.
        sleep: Waits some seconds.
        comment: Stands in the change for whoever reads CloudTrail, such as the operation's id.
        pauses: Seconds before each further attempt.

    Raises:
        Conflict: Somebody else changed the records; nothing was overwritten.
        Unsettled: So they did, but the change may have stood there before.
        Refused: Route 53 refuses the batch although the records stand as expected.
        BadInput: There is no such zone.
        Unavailable: It was not applied as far as can be seen; the same change may be tried again.
    """
    batch = change
    trouble: ClientError | BotoCoreError | None = None
    for pause in (0.0, *pauses):
        if pause:
            sleep(pause)
        answer = _submit(client, zone, batch, comment)
        if isinstance(answer, str):
            return Applied(answer, settled=batch is not change)
        trouble = answer
        if _found_out(client, zone, change, trouble) is Settled.APPLIED:
            if batch is not change and _is_refusal(trouble):
                break
            batch = RecordsChange(change.target, change.target, change.reason)
    if batch is not change:
        return Applied("", settled=True)
    raise Unavailable(
        f"the change was not applied ({change.reason}): {_one_line(trouble)}. It may still come "
        "late; trying again is safe"
    ) from trouble


def wait_in_sync(
    client: Route53Client,
    change_id: str,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    patience: float,
    unknown: float = UNKNOWN_CHANGE_SECONDS,
) -> float:
    """Wait until all of Route 53's servers answer with a change; return the seconds it took.

    Args:
        client: boto3's `route53` client.
        change_id: The change's id; "" waits `unknown` seconds, as nothing can be asked.
        clock: Seconds of a clock that only goes forward.
        sleep: Waits some seconds.
        patience: Seconds after which to give up; the records stand all the same.
        unknown: Seconds to wait where there is no id.

    Raises:
        Failed: Route 53 does not know the change.
        Unavailable: It is still pending when patience ends.
    """
    begun = clock()
    if not change_id:
        sleep(unknown)
        return clock() - begun
    pause = POLL_FIRST
    status = "unknown"
    while True:
        try:
            status = _status(client, change_id)
        except Unavailable as error:
            status = str(error)
        waited = clock() - begun
        if status == "INSYNC":
            return waited
        if waited >= patience:
            raise Unavailable(
                f"change {change_id} is not in sync after {waited:.0f} s ({status}): the records "
                "stand, and waiting can go on"
            )
        sleep(min(pause, patience - waited))
        pause = min(pause * POLL_GROWTH, POLL_LONGEST)


def _place(name: str) -> str:
    """Where a name stands in a zone: Route 53 sorts by the labels from the right."""
    return ".".join(reversed(name.removesuffix(".").split("."))) + "."


def _read_from(client: Route53Client, zone: str, name: str) -> tuple[list[RecordSet], str]:
    """Read from a name on until it is complete; also tell the last name, which need not be."""
    page: list[RecordSet] = []
    asked: ListResourceRecordSetsRequestTypeDef = {
        "HostedZoneId": zone,
        "MaxItems": PAGE,
        "StartRecordName": name,
    }
    while True:
        with _asking(f"read {shown(name)} in zone {zone}", zone):
            answer = client.list_resource_record_sets(**asked)
        page.extend(from_aws(record) for record in answer["ResourceRecordSets"])
        if not answer["IsTruncated"]:
            return page, ""
        if page[-1].name != name:
            return page, page[-1].name
        asked = _next_page(zone, answer)


def _next_page(
    zone: str, answer: ListResourceRecordSetsResponseTypeDef
) -> ListResourceRecordSetsRequestTypeDef:
    asked: ListResourceRecordSetsRequestTypeDef = {
        "HostedZoneId": zone,
        "MaxItems": PAGE,
        "StartRecordName": answer["NextRecordName"],
        "StartRecordType": answer["NextRecordType"],
    }
    if identifier := answer.get("NextRecordIdentifier"):
        asked["StartRecordIdentifier"] = identifier
    return asked


def _submit(
    client: Route53Client, zone: str, change: RecordsChange, comment: str
) -> str | ClientError | BotoCoreError:
    """Send a batch; return the change's id, or the error that leaves its end open."""
    deletes = [_change("DELETE", record) for record in change.expected]
    creates = [_change("CREATE", record) for record in change.target]
    batch: ChangeBatchTypeDef = {"Changes": [*deletes, *creates]}
    if comment:
        batch["Comment"] = comment[:LONGEST_COMMENT]
    with _asking(f"change records ({change.reason})", zone):
        try:
            answer = client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
        except (ClientError, BotoCoreError) as error:
            if _leaves_open(error):
                return error
            raise
    return str(answer["ChangeInfo"]["Id"]).removeprefix("/change/")


def _change(action: ChangeActionType, record: RecordSet) -> ChangeTypeDef:
    return {"Action": action, "ResourceRecordSet": to_aws(record)}


def _found_out(
    client: Route53Client, zone: str, change: RecordsChange, trouble: ClientError | BotoCoreError
) -> Settled:
    """Read back how a batch came out; raise where somebody else or the batch is at fault."""
    names = {record.name for record in (*change.expected, *change.target)}
    try:
        found = read_records(client, zone, names)
    except Unavailable as error:
        raise Unavailable(
            f"whether the change was applied is not known ({change.reason}): {error}"
        ) from error
    outcome = settle(change, found)
    if outcome is Settled.FOREIGN and _surely_refused(trouble):
        raise Conflict(conflict_text(change, found)) from trouble
    if outcome is Settled.FOREIGN:
        raise Unsettled(
            f"{conflict_text(change, found)}. Whether our own change stood there before is not "
            f"known: {_one_line(trouble)}"
        ) from trouble
    if outcome is Settled.NOT_APPLIED and _is_refusal(trouble):
        raise Refused(
            f"Route 53 refuses the change ({change.reason}) although the records stand as "
            f"expected: {_one_line(trouble)}"
        ) from trouble
    return outcome


def _leaves_open(error: ClientError | BotoCoreError) -> bool:
    """Whether it does not tell if the batch, or an earlier sending of it, was applied."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError | NoRegionError):
        return False
    if isinstance(error, BotoCoreError) or _is_refusal(error) or code(error) in _BUSY:
        return True
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return bool(status >= _SERVER_ERROR)


def _surely_refused(error: ClientError | BotoCoreError) -> bool:
    """Whether the batch was refused when it was sent for the first time."""
    if not isinstance(error, ClientError) or not _is_refusal(error):
        return False
    return not error.response["ResponseMetadata"].get("RetryAttempts", 0)


def _is_refusal(error: ClientError | BotoCoreError) -> bool:
    return isinstance(error, ClientError) and code(error) == "InvalidChangeBatch"


def _status(client: Route53Client, change_id: str) -> str:
    with _asking(f"ask for change {change_id}", ""):
        answer = client.get_change(Id=change_id)
    return str(answer["ChangeInfo"]["Status"])


@contextmanager
def _asking(what: str, zone: str) -> Iterator[None]:
    with translated(what):
        try:
            yield
        except ClientError as error:
            if code(error) == "NoSuchHostedZone":
                raise BadInput(
                    f"could not {what}: there is no hosted zone {zone}; correct `zone`"
                ) from error
            if code(error) in _BUSY:
                raise Unavailable(f"could not {what}: {_one_line(error)}") from error
            if code(error) == "NoSuchChange":
                raise Failed(f"could not {what}: Route 53 does not know it") from error
            raise


def _one_line(error: object) -> str:
    return " ".join(str(error).split()).rstrip(".")
