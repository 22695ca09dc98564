"""The first page: what there is, and a filled form for each thing to try, as an artifact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from crossfade.local.sample.configuration import JOBS, MIGRATION
from crossfade.local.sample.front import LIVE, NEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.adapters.http.prefect_api import PrefectApi
    from crossfade.local.stack.stack import Stack

KEY = "start-here"


def make_start_page(api: PrefectApi, stack: Stack) -> str:
    """Store the page and return its address."""
    ids = {name: api.deployment(name)["id"] for name in FORMS}
    body = {
        "key": KEY,
        "type": "markdown",
        "description": "What there is to try",
        "data": start_page(stack.prefect.ui_url, stack.edge.url, ids),
    }
    identifier = api.call("POST", "/artifacts/", body)["id"]
    return f"{stack.prefect.ui_url}/v2/artifacts/artifact/{identifier}"


FORMS: dict[str, dict[str, Any]] = {
    "promote/production": {"environment": "production", "component": "web", "version": NEXT},
    "rollback/production": {"environment": "production", "component": "web"},
    f"advance/{MIGRATION}": {"name": MIGRATION},
    f"approve/{MIGRATION}": {"name": MIGRATION},
    f"abort/{MIGRATION}": {"name": MIGRATION},
    "move-cron/any-job": {"jobs": [JOBS[0]]},
    "gather/any-job": {},
    "status/any-subject": {},
    "doctor/everything": {},
}
"""What each form is filled with."""


def start_page(ui: str, site: str, ids: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        ui: Address of Prefect's pages.
        site: Address of the site.
        ids: Ids of the deployments that it links to, by their full names.
    """

    def run(name: str, text: str) -> str:
        filled = quote(json.dumps(FORMS[name]))
        form = f"/v2/deployments/deployment/{ids[name]}/run?parameters={filled}"
        return f"[{text}]({ui}{form})"

    return f"""\
# {run("promote/production", f"Run: promote web {NEXT}")}

Its form is filled in: **Submit** is the second click. A few seconds later
[the site]({site}) shows {NEXT} in place of {LIVE}.

## A front end: `web`, three releases, {LIVE} is live

- {run("promote/production", f"Promote {NEXT} in production")}: copies what differs, pages last
- {run("rollback/production", "Roll back")} to what was live before

## A migration: `{MIGRATION}`, its traffic is on legacy

- {run(f"advance/{MIGRATION}", "Begin it")}: its records become weighted pairs. From then on a
  schedule decides each minute, and a tenth of the traffic goes to new
- {run(f"approve/{MIGRATION}", "Approve")} the second half, which waits for a person
- {run(f"abort/{MIGRATION}", "Abort")}: back to the records as they were found

## Cron jobs: {" and ".join(f"`{job}`" for job in JOBS)}, every minute, on legacy

- {run("move-cron/any-job", f"Move {JOBS[0]}")} to new, once legacy was seen to run it; a schedule
  watches its ticks
- {run("gather/any-job", "Who ran which tick")}

## Look

- {run("status/any-subject", "Status")} · {run("doctor/everything", "Doctor")} ·
  [all deployments]({ui}/v2/deployments?limit=100) ·
  [all runs]({ui}/v2/runs)

Nothing here is outside of this machine. The world ends with `crossfade local up`, and the next one
begins as this one did.
"""
