"""Asking Route 53 whether the credentials may change records, by requests that change nothing.

Rights are looked at before a request is: who may not is told so, and who may is told that the
request makes no sense.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from crossfade.adapters.aws.session import FORBIDDEN, code, translated
from crossfade.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.literals import RRTypeType

NOWHERE: dict[str, str] = {"A": "192.0.2.1", "AAAA": "100::1", "CNAME": "nowhere.invalid"}
"""Values that no live record has: addresses for documents, a name that cannot exist."""

NO_CHANGE = "C0000000000000"
"""A change id that Route 53 gave nobody."""


def may_change(
    client: Route53Client, zone: str, name: str, kind: RRTypeType, *, token: str
) -> bool:
    """Ask whether records of a name may be changed, by deleting one that is not there.

    Args:
        client: boto3's `route53` client.
        zone: The hosted zone's id.
        name: The name.
        kind: The type.
        token: A few random characters, so that no such record can be there.

    Raises:
        Failed: Route 53 answered something else; the text has it.
        Unavailable: Nothing answered, or the zone was busy.
    """
    with translated(f"ask whether {name} may be changed"):
        try:
            client.change_resource_record_sets(
                HostedZoneId=zone,
                ChangeBatch={
                    "Comment": "crossfade doctor: names nothing that is there, changes nothing",
                    "Changes": [
                        {
                            "Action": "DELETE",
                            "ResourceRecordSet": {
                                "Name": name,
                                "Type": kind,
                                "SetIdentifier": f"crossfade-doctor-{token}",
                                "Weight": 0,
                                "TTL": 1,
                                "ResourceRecords": [{"Value": NOWHERE[kind]}],
                            },
                        }
                    ],
                },
            )
        except ClientError as error:
            if code(error) == "PriorRequestNotComplete":
                raise Unavailable(
                    f"whether {name} may be changed is not known: the zone is busy with another "
                    "change"
                ) from error
            return _allowed(error, "InvalidChangeBatch")
    return True


def may_follow(client: Route53Client) -> bool:
    """Ask whether the state of a change may be read, by asking for one that nobody made.

    Raises:
        Failed: Route 53 answered something else; the text has it.
        Unavailable: Nothing answered.
    """
    with translated("ask whether changes may be followed"):
        try:
            client.get_change(Id=NO_CHANGE)
        except ClientError as error:
            return _allowed(error, "NoSuchChange")
    return True


def _allowed(error: ClientError, *yes: str) -> bool:
    if code(error) in yes:
        return True
    if code(error) in FORBIDDEN:
        return False
    raise error
