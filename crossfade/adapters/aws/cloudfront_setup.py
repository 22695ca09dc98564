"""How a CloudFront distribution is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from crossfade.adapters.aws.session import code, translated
from crossfade.plan.doctor.cloudfront import ERROR_SECONDS, ErrorAnswer, Front, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudfront import CloudFrontClient


def read_front(client: CloudFrontClient, identifier: str) -> Front | None:
    """Read a distribution's settings, or None where there is none of that id.

    Raises:
        Failed: It may not be read.
        Unavailable: Nothing answered.
    """
    with translated(f"read distribution {identifier}"):
        try:
            found: Any = client.get_distribution(Id=identifier)["Distribution"]
        except ClientError as error:
            if code(error) == "NoSuchDistribution":
                return None
            raise
    settings = found["DistributionConfig"]
    behaviour = settings["DefaultCacheBehavior"]
    return Front(
        identifier=identifier,
        arn=found["ARN"],
        enabled=bool(settings["Enabled"]),
        deployed=found["Status"] == "Deployed",
        default_page=settings.get("DefaultRootObject", ""),
        origins=tuple(_origin(row) for row in _items(settings, "Origins")),
        targets=_targets(settings, behaviour["TargetOriginId"]),
        rewrites=bool(
            _items(behaviour, "FunctionAssociations")
            or _items(behaviour, "LambdaFunctionAssociations")
        ),
        minimum_seconds=None if behaviour.get("CachePolicyId") else behaviour.get("MinTTL"),
        errors=tuple(_error(row) for row in _items(settings, "CustomErrorResponses")),
    )


def _items(settings: Mapping[str, Any], name: str) -> list[Any]:
    """Return one of CloudFront's lists, which leave out `Items` where they are empty."""
    return list(settings.get(name, {}).get("Items", ()))


def _origin(row: Mapping[str, Any]) -> Origin:
    return Origin(
        name=row["Id"],
        domain=row["DomainName"],
        path=row.get("OriginPath", ""),
        identity=row.get("S3OriginConfig", {}).get("OriginAccessIdentity", ""),
    )


def _targets(settings: Mapping[str, Any], target: str) -> frozenset[str]:
    """Return the origins behind a behaviour's target, which may be a group of them."""
    groups = {
        group["Id"]: frozenset(member["OriginId"] for member in _items(group, "Members"))
        for group in _items(settings, "OriginGroups")
    }
    return groups.get(target, frozenset({target}))


def _error(row: Mapping[str, Any]) -> ErrorAnswer:
    return ErrorAnswer(
        code=int(row["ErrorCode"]),
        page=row.get("ResponsePagePath", ""),
        status=str(row.get("ResponseCode", "")),
        seconds=float(row.get("ErrorCachingMinTTL", ERROR_SECONDS)),
    )
