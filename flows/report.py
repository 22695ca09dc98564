"""Report: put one page into a bucket that tells everybody how it stands."""

from __future__ import annotations

from crossfade.operations.report.make import post
from flows.parameters import SubjectOrAll
from flows.verb import Ended, done, verb
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("report-{subject}")
def report(*, subject: SubjectOrAll = "", bucket: str = "", key: str = "", by: str = "") -> Ended:
    """Put a page into a bucket: what is live, what is under way, what was done, and the ways back.

    It is one HTML file that needs no other; it replaces the page that was there. Nothing else is
    changed. Let a schedule do it, and let people look at the page in the bucket.

    Args:
        subject: The subject that it is about; empty for everything.
        bucket: The bucket; empty for the one under [report] in the configuration.
        key: The key in it, such as status/crossfade.html; empty likewise.
        by: Who asks; nothing of it is recorded.
    """
    return done(post(world_of_run(by), subject, bucket=bucket, key=key, run=run_step).line())
