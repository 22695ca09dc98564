"""Documents for scripts, byte by byte as they were: keys may be added, and nothing else changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crossfade.adapters.cron.crontab import Table
from crossfade.cli.commands.doctor import findings_document
from crossfade.cli.render.lock import doctor_document
from crossfade.cli.render.ramp import preview_answer
from crossfade.cli.render.tables import lint_document
from crossfade.operations.cron.ticks.lock_grade import Graded, LockCheckup
from crossfade.plan.base.finding import ok, problem, warning
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import Preference, SideMark
from crossfade.plan.cron.claim.restart_proof import Sample
from crossfade.plan.cron.table.crontab import read_crontab
from crossfade.plan.cron.table.lint import lint_crontab, lint_names
from crossfade.plan.cron.ticks.lock_grade import JobReading, ServerReading, diagnose
from crossfade.plan.ramp.preview import preview
from crossfade.plan.ramp.stages import Plan, canary

DOCUMENTS = Path(__file__).parent / "documents"
NOW = 1_800_000_000.0
SERVER = ServerReading(
    address="10.0.0.5:11211",
    sample=Sample(wall=NOW + 8, time=int(NOW), uptime=72, losses=7),
    evicts=True,
    flushable=True,
    swaps=False,
    used=60_000_000,
    limit=64_000_000,
    identity=None,
)
LATE = SideMark(30_000_000, NOW - 100_000, "host", "won", 0, 7.0)
FAST, SLOW = LATE._replace(at=NOW), LATE._replace(at=NOW, offset=-5.0)
JOBS = (
    JobReading("reports", Preference("new"), None, {Platform.LEGACY: LATE, Platform.NEW: None}),
    JobReading("mail", None, None, {Platform.LEGACY: FAST, Platform.NEW: SLOW}),
)


def shared(document: Any, kept: Any) -> Any:
    """Return a document without the keys that were added since."""
    if isinstance(document, dict) and isinstance(kept, dict):
        return {name: shared(one, kept[name]) for name, one in document.items() if name in kept}
    if isinstance(document, list) and isinstance(kept, list) and len(document) == len(kept):
        return [shared(one, like) for one, like in zip(document, kept, strict=True)]
    return document


def must_be_kept(document: Any, name: str) -> None:
    """Compare a document with the kept one; the order of the keys counts too."""
    kept = (DOCUMENTS / name).read_text(encoding="utf-8")
    assert json.dumps(shared(document, json.loads(kept)), indent=1) + "\n" == kept


def test_the_doctors_findings_keep_their_keys() -> None:
    findings = [
        ok("versioning", "s3://acme-front", "it keeps versions"),
        warning("lifecycle", "s3://acme-front", "no rule takes away old versions", "add a rule"),
        problem("records", "migrations/shop", "somebody changed them", "put them back"),
    ]
    must_be_kept(findings_document(findings), "doctor.json")


def test_what_is_said_of_a_table_keeps_its_keys() -> None:
    path = DOCUMENTS / "nightly.cron"
    crontab = read_crontab(path.read_bytes(), name=path.name, system=True)
    zones = {"America/New_York": ZoneInfo("America/New_York")}
    since = datetime(2026, 1, 1, tzinfo=UTC)
    found = lint_crontab(crontab, zone=ZoneInfo("Europe/Berlin"), zones=zones, since=since)
    names = lint_names({"one": ["a.b"], "two": ["a-b", "d" * 60]})
    document = lint_document([(Table(Path("cron.d/nightly.cron"), crontab), found)], names)
    must_be_kept(document, "lint.json")


def test_what_limits_a_lock_keeps_its_keys() -> None:
    grade, limits = diagnose(SERVER, (), tolerance=10, lease=60)
    jobs = []
    for job in JOBS:
        its, said = diagnose(SERVER, (job,), tolerance=10, lease=60)
        jobs.append(Graded(job, its, tuple(one for one in said if one not in limits)))
    must_be_kept(doctor_document(LockCheckup(SERVER, limits, tuple(jobs), grade)), "lock.json")


def test_a_ramp_foretold_keeps_its_keys() -> None:
    plan = Plan(canary((10, 100), bake="30m"), keep_alive=timedelta(minutes=5))
    document, _ = preview_answer("shop", preview(plan, requests=200.0, ttl=timedelta(minutes=1)))
    must_be_kept(document, "preview.json")
