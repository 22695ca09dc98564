"""A record of the journal that tests begin from."""

from __future__ import annotations

from crossfade.plan.journal.operation import Actor, Json, Operation

SITE = "sites/production/web"
PROMOTE: Operation[Json] = Operation(
    id="20260101T120000.000Z-aa",
    subject=SITE,
    kind="promote",
    title="promote web 1 -> 2 in production",
    by=Actor("ann"),
    begun_at="2026-01-01T12:00:00.000Z",
    request={},
    before={"live": "1"},
    after={"live": "2"},
    work={},
    members=(SITE,),
)
