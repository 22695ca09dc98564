"""The policies of cron jobs allow what their procedures do, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.errors import Refused
from crossfade.operations.cron.move.move import Asked, move_cron, reverse_cron
from crossfade.operations.cron.ticks.gather import gather
from crossfade.operations.cron.ticks.history import cron_history
from crossfade.operations.doctor.doctor import diagnose
from crossfade.operations.doctor.policies import grounds_of
from crossfade.operations.ramp.advance import advance
from crossfade.operations.ramp.back import abort
from crossfade.operations.report.make import make
from crossfade.operations.status.status import history, status
from crossfade.plan.doctor.rights import Procedure, Where, rights_policy
from tests.operations.cron.moving import DOCUMENT, JOB, LEGACY, NEW, Platforms, platforms
from tests.operations.ramp.test_crons_of_a_stage import OTHER, Both, migration
from tests.story import STATE
from tests.test_policies import RECORDED, denied, grants, idle, recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.test_policies import Grant, Needs

CRON_PLACES = {Where.JOURNAL_OF_CRONS, Where.TICKS, Where.LIST_BUCKETS, Where.LISTS}
DAY = 86_400


def moves(both: Platforms) -> None:
    def worker() -> None:
        move_cron(both.world(aws=RECORDED), JOB, Asked())

    def strike(_: object) -> None:
        both.moves()

    both.strict.faults.before("s3", "PutObject", path="head.json", effect=strike)
    with pytest.raises(Refused):
        worker()  # another one was quicker, so its record is dropped
    both.strict.faults.clear()
    both.tick(NEW)
    both.tick(NEW)
    worker()
    reverse_cron(both.world(aws=RECORDED), JOB)


def gathers(both: Platforms) -> None:
    both.tick(LEGACY)
    gather(both.world(aws=RECORDED))
    both.tick(LEGACY)
    gather(both.world(aws=RECORDED))


def reads(both: Platforms) -> None:
    both.moves()
    subject = f"crons/{JOB}"
    status(both.world(aws=RECORDED), subject)
    history(both.world(aws=RECORDED), subject)
    cron_history(both.world(aws=RECORDED), JOB, seconds=DAY)


def reports(both: Platforms) -> None:
    both.moves()
    make(both.world(aws=RECORDED))


def examines(both: Platforms) -> None:
    both.moves()
    diagnose(both.world(aws=RECORDED))


SCENES: dict[Procedure, Callable[[Platforms], None]] = {
    Procedure.MOVE_CRON: moves,
    Procedure.GATHER: gathers,
    Procedure.READ: reads,
    Procedure.REPORT: reports,
    Procedure.DOCTOR: examines,
}
WHOLE = frozenset({Procedure.MOVE_CRON, Procedure.GATHER})


@pytest.mark.parametrize("procedure", list(SCENES))
def test_a_policy_allows_exactly_what_its_procedure_does(procedure: Procedure) -> None:
    with platforms(on="document", document=f"s3://{STATE}/{DOCUMENT}", watch=2) as both:
        both.aws.client("s3").put_bucket_versioning(
            Bucket=STATE, VersioningConfiguration={"Status": "Enabled"}
        )
        both.tick(LEGACY)
        with recorded(RECORDED) as needs:
            SCENES[procedure](both)
        grounds = grounds_of(both.settings(), [], [], [JOB], account="123456789012")
    given = grants(rights_policy(procedure, grounds.places))
    assert denied(needs, given) == []
    assert [one for one in idle(needs, given) if procedure in WHOLE or _of_crons(one)] == []


def test_a_stage_that_moves_jobs_needs_the_rights_to_move_them() -> None:
    with migration() as both, recorded(RECORDED) as needs:
        _ramps(both)
        settings = both.jobs.settings()
        grounds = grounds_of(settings, [], ["shop"], [JOB, OTHER], account="123456789012")
    given = grants(rights_policy(Procedure.ADVANCE, grounds.places, grounds.records))
    assert denied(_in_s3(needs), given) == []
    bare = grounds_of(settings, [], ["shop"], account="123456789012")
    given = grants(rights_policy(Procedure.ADVANCE, bare.places, bare.records))
    assert [need for need in denied(_in_s3(needs), given) if "crons/" in need.arn]


def _ramps(both: Both) -> None:
    for _ in range(3):
        advance(both.jobs.world(aws=RECORDED, probe=both.ramp.probe), "shop")
        both.runs()
    abort(both.jobs.world(aws=RECORDED), "shop")


def _in_s3(needs: Needs) -> Needs:
    return {need for need in needs if need.action.startswith("s3:")}


def _of_crons(grant: Grant) -> bool:
    return grant.statement in CRON_PLACES
