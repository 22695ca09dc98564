"""Who asks: the AWS identity behind the credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.adapters.aws.session import new_client, translated

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True)
class Caller:
    """An AWS identity.

    Attributes:
        account: The account's number.
        arn: The ARN of the user, role session or service.
    """

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """The partition that its ARNs begin with: `aws`, `aws-cn`, `aws-us-gov`."""
        return self.arn.split(":")[1]


def read_caller(aws: boto3.Session) -> Caller:
    """Ask who the credentials belong to; every identity may ask that.

    Raises:
        BadInput: There are no credentials, or no region.
        Failed: The credentials are not valid.
        Unavailable: Nothing answered.
    """
    client = new_client(aws, "sts", connections=1)
    with translated("ask AWS whose credentials these are"):
        answer = client.get_caller_identity()
    return Caller(account=answer["Account"], arn=answer["Arn"])
