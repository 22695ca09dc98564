"""What commands answer about tandems: documents for scripts, both platforms side by side."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from crossfade.cli.render.documents import Document, operation_document
from crossfade.plan.base.blocks import Block, Column, Line, Table, Tone
from crossfade.plan.base.platform import Platform
from crossfade.plan.journal.documents import state_to_json
from crossfade.plan.tandem.pair import shown_digest
from crossfade.plan.tandem.standing import DIVERGED, IN_TANDEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from crossfade.operations.status.status import SubjectStatus, TandemStatus
    from crossfade.operations.tandem.inbox import Reported
    from crossfade.operations.tandem.tandem import Told
    from crossfade.operations.tandem.ways_back import Went
    from crossfade.plan.tandem.ready import Inbox
    from crossfade.plan.tandem.standing import Standing

Answer = tuple[Document, "Iterable[Block]"]
"""What a command prints, for scripts and for people."""

_TONES = {IN_TANDEM: Tone.GOOD, DIVERGED: Tone.BAD}


def tandem_answer(done: Told | Went) -> Answer:
    """Tell what came of one call for one tandem."""
    document = {
        "tandem": done.name,
        "word": done.word,
        "reason": done.reason,
        "standing": state_to_json(done.standing),
        "operations": [operation_document(one) for one in done.operations],
        "exit_code": done.exit_code,
    }
    tone = {0: Tone.GOOD, 1: Tone.BAD}.get(done.exit_code, Tone.NOTICE)
    return document, [Line(done.line(), tone), *_operations(done)]


def _operations(done: Told | Went) -> Iterator[Block]:
    for one in done.operations:
        between = one.figures.get("seconds_between_the_orders")
        alike = one.figures.get("seconds_until_alike")
        figures = "" if alike is None else f" (told within {between} s, seen after {alike} s)"
        yield Line(f"operation {one.id}{figures}", Tone.ASIDE)


def ready_answer(name: str, said: Reported) -> Answer:
    """Tell what was recorded of a platform that is ready."""
    word = said.readiness
    document = {
        "tandem": name,
        "platform": str(word.platform),
        "version": word.version,
        "digest": word.digest,
        "artifact": word.artifact,
        "commit": word.commit,
        "until": word.until.isoformat(),
        "asked": said.waits,
    }
    return document, [Line(f"{name}: {said.line()}", Tone.GOOD)]


def tandem_document(there: TandemStatus) -> Document:
    """Return where a tandem stands, for scripts."""
    return {
        "word": there.word,
        **state_to_json(there.standing),
        "inbox": state_to_json(there.inbox),
    }


def tandem_blocks(found: Sequence[SubjectStatus]) -> Iterator[Block]:
    """Tell where tandems stand; one alone with both platforms side by side."""
    rows = [(one.subject, one.tandem) for one in found if one.tandem is not None]
    if not rows:
        return
    columns = (Column("TANDEM"), Column("STANDS"), Column("VERSION"), Column("AS SEEN (UTC)"))
    yield Table(
        columns,
        [(name, there.word, _version(there.standing), _seen_at(there)) for name, there in rows],
        [_TONES.get(there.word, Tone.NOTICE) for _, there in rows],
    )
    for _, there in rows:
        yield from _diverged(there)
    if len(found) == 1:
        yield from _sides(rows[0][1])


def _version(standing: Standing) -> str:
    return standing.pair.version if standing.pair else "-"


def _seen_at(there: TandemStatus) -> str:
    seen = there.standing.observed
    return _at(seen.at) if seen else "-"


def _diverged(there: TandemStatus) -> Iterator[Block]:
    found = there.standing.diverged
    if found is None:
        return
    yield Line(
        f"  diverged since {_at(found.since)} UTC by {found.by}: {'; '.join(found.what)}", Tone.BAD
    )
    if found.why:
        yield Line(f"  why        {found.why}")
    if found.until is not None:
        late = found.overdue(there.now)
        word = "it was meant to end" if late else "it is meant to end"
        tone = Tone.BAD if late else Tone.NOTICE
        yield Line(f"  hotfix     {found.version} on {found.only}; {word} {_at(found.until)}", tone)


def _sides(there: TandemStatus) -> Iterator[Block]:
    """Show both platforms side by side: what is meant, what was seen, what they are ready with."""
    standing, inbox = there.standing, there.inbox
    pair, seen = standing.pair, standing.observed
    meant = f"{pair.version} {shown_digest(pair.digest)}".strip() if pair else "-"
    fix = standing.diverged
    rows = [
        ("meant", *(f"{fix.version}, a hotfix" if fix and fix.only is platform else meant
                    for platform in Platform)),
        ("seen", *(str(seen.seen.of(platform)) if seen else "-" for platform in Platform)),
        *(_ready(inbox, version) for version in dict.fromkeys(one.version for one in inbox.ready)),
    ]  # fmt: skip
    yield Line("")
    yield Table((Column(""), Column("LEGACY"), Column("NEW")), rows)
    for wish in inbox.wishes:
        text = (
            f"{wish.version} waits since {_at(wish.at)} until {_at(wish.until)} UTC, by {wish.by}"
        )
        yield Line(text, Tone.WAITING)
    for ended in inbox.ended[-3:]:
        by = f" by {ended.by}" if ended.by else ""
        yield Line(f"{ended.version} was {ended.how}{by} at {_at(ended.at)} UTC", Tone.ASIDE)
    for bad in standing.bad:
        yield Line(f"{bad.version} was taken back at {_at(bad.at)} UTC: {bad.why}", Tone.NOTICE)


def _ready(inbox: Inbox, version: str) -> tuple[str, str, str]:
    words = {one.platform: one for one in inbox.ready if one.version == version}
    told = (
        f"until {_at(words[platform].until)} {shown_digest(words[platform].digest)}".strip()
        if platform in words
        else "-"
        for platform in Platform
    )
    legacy, new = told
    return f"ready {version}", legacy, new


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M}"
