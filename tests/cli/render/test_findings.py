"""Findings on a terminal."""

from __future__ import annotations

from crossfade.cli.render.findings import finding_lines
from crossfade.plan.base.blocks import Tone, plain
from crossfade.plan.base.finding import note, ok, problem


def test_findings_are_aligned_with_the_worst_last_and_its_mend_below() -> None:
    bad = problem("versioning", "s3://b", "it keeps no versions", "turn versioning on")
    found = [
        bad,
        ok("records", "shop", "as they were set"),
        note("young", "lock", "it is new"),
    ]
    lines = list(finding_lines(found))
    assert plain(lines) == [
        "ok       records     shop: as they were set",
        "note     young       lock: it is new",
        "problem  versioning  s3://b: it keeps no versions",
        "                     mend: turn versioning on",
    ]
    assert [line.tone for line in lines][-2:] == [Tone.BAD, Tone.PLAIN]


def test_nothing_found_is_nothing_told() -> None:
    assert list(finding_lines([])) == []
