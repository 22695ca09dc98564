"""Run forms of Prefect's deployments: a release that was just published is offered in them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from crossfade.errors import CrossfadeError
from crossfade.plan.base.forms import with_name

if TYPE_CHECKING:
    from crossfade.adapters.http.prefect_api import PrefectApi

LONGEST_SECONDS = 1.0
"""For who waits at a terminal; a form takes a release that it does not offer as well."""


def offer_version(api: PrefectApi, version: str, *, seconds: float = LONGEST_SECONDS) -> str:
    """Offer a version first wherever a form offers versions; return why it could not be, or "".

    Args:
        api: Prefect's API.
        version: The version.
        seconds: After how long nothing more is written.
    """
    until = time.monotonic() + seconds
    try:
        for deployment in api.deployments():
            schema = deployment["parameter_openapi_schema"] or {}
            offering = with_name(schema, "version", version)
            if offering == schema:
                continue
            if time.monotonic() > until:
                return f"Prefect's API at {api.url} is slow: not every run form offers {version}"
            changed = {"parameter_openapi_schema": offering}
            api.call("PATCH", f"/deployments/{deployment['id']}", changed)
    except CrossfadeError as error:
        return f"the run forms do not offer {version} yet: {error}"
    return ""
