"""A parameter of SSM that hosts pull: what it says is the order.

SSM has no conditional write: the parameter is read right before, and read back by the operation.
It tells nothing of the hosts either, so that a rollout is done when it is written, and only an
observer says who has followed.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from crossfade.adapters.aws.session import code, translated
from crossfade.errors import Conflict, Refused
from crossfade.plan.tandem.order import Release, Rollout, RolloutState


class Parameter:
    """A `Target` by one parameter."""

    def __init__(self, client: Any, name: str, form: str) -> None:  # noqa: ANN401  boto3's
        """Prepare to tell it.

        Args:
            client: boto3's `ssm` client.
            name: The parameter's name.
            form: `document`, or `plain` for the bare version.
        """
        self._client = client
        self._name = name
        self._form = form

    def prepare(self, release: Release) -> str:
        """Return the value for a release."""
        self.told()
        if self._form == "plain":
            return release.version
        document = {
            "version": release.version,
            "configuration": release.digest,
            "artifact": release.artifact,
            "commit": release.commit,
        }
        return json.dumps(document, sort_keys=True)

    def told(self) -> str:
        """Return its value.

        Raises:
            Refused: There is no such parameter.
        """
        with translated(f"read the parameter {self._name}"):
            try:
                found = self._client.get_parameter(Name=self._name)
            except ClientError as error:
                if code(error) != "ParameterNotFound":
                    raise
                raise Refused(
                    f"there is no parameter {self._name}: create it with the version that runs"
                ) from error
        return str(found["Parameter"]["Value"])

    def tell(self, order: str, *, seen: str) -> None:
        """Write its value, if the one that it has is still the one that was seen."""
        if self.told() != seen:
            raise Conflict(f"the parameter {self._name} was changed meanwhile")
        with translated(f"write the parameter {self._name}"):
            self._client.put_parameter(Name=self._name, Value=order, Overwrite=True)

    def rollout(self, order: str) -> Rollout:
        """Return whether it says so; who has followed, an observer tells."""
        if self.told() != order:
            return Rollout(RolloutState.FAILED, "somebody else changed the parameter")
        return Rollout(RolloutState.DONE, "the parameter is written")
