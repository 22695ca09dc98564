"""The page as a value: its sections in order, every text in the words that are shown."""

from __future__ import annotations

from dataclasses import dataclass

from crossfade.plan.base.blocks import Tone


@dataclass(frozen=True, slots=True)
class Badge:
    """A word or two on how something stands, and what that means to its reader."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Command:
    """A command to be copied, and what it does."""

    line: str
    does: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that wants a person's look.

    Attributes:
        badge: What kind of thing it is.
        title: What it is, in one line.
        facts: Names, each with what it stands for.
        commands: What can be done about it.
    """

    badge: Badge
    title: str
    facts: tuple[tuple[str, str], ...] = ()
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One component in one environment.

    Attributes:
        environment: The environment.
        version: What is live, or "" for nothing.
        since: Since when, or "".
        by: Who made it live, or "".
        badge: What is to be said beside it, or None.
        otherwise: What is said where no version is known to be live.
    """

    environment: str
    version: str = ""
    since: str = ""
    by: str = ""
    badge: Badge | None = None
    otherwise: str = "nothing"


@dataclass(frozen=True, slots=True)
class Row:
    """One component: a cell for each environment."""

    component: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment, and its site's address or ""."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a migration.

    Attributes:
        name: Its name.
        share: The share of the traffic that it gives to new.
        state: `done`, `now` or `ahead`.
        since: When its weights were in sync, or "".
        asks: What it asks for before the next one, and before it begins.
    """

    name: str
    share: str
    state: str
    since: str = ""
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a gate said with a decision, in one sentence, and its figures."""

    text: str
    tone: Tone
    figures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about a migration, or the same one taken several times in a row.

    Attributes:
        at: When it was taken last.
        first: When it was taken first; "" where it was taken once.
        times: How many times in a row.
        badge: The decision.
        why: Its reason.
        by: Who took it.
        gates: What the gates said, the last time.
    """

    at: str
    first: str
    times: int
    badge: Badge
    why: str
    by: str
    gates: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration.

    Attributes:
        name: Its name.
        badge: How it stands.
        share: Percent of new lookups that are answered with the new platform.
        line: Where it stands, in one line.
        facts: Names, each with what it stands for.
        steps: Its stages in order.
        gates: What its gates said last.
        decisions: The decisions, newest first.
        more: Where the older ones are, or "".
        unseen: Why there is no picture, or "".
    """

    name: str
    badge: Badge
    share: float
    line: str
    facts: tuple[tuple[str, str], ...] = ()
    steps: tuple[Step, ...] = ()
    gates: tuple[Said, ...] = ()
    decisions: tuple[Decision, ...] = ()
    more: str = ""
    unseen: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One cron job.

    Attributes:
        name: Its name.
        platform: Where it runs: `legacy` or `new`; "" where that cannot be read.
        schedule: When it is due, or "".
        move: How its move stands, or "".
        badge: What is to be said beside it, or None.
    """

    name: str
    platform: str
    schedule: str = ""
    move: str = ""
    badge: Badge | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that somebody did.

    Attributes:
        at: When it began.
        what: What it was, in one line.
        badge: How it ended.
        by: Who did it.
        via: What it was done through.
        cost: What it changed, in figures, or "".
        identifier: The operation's id.
    """

    at: str
    what: str
    badge: Badge
    by: str
    via: str
    cost: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways back of one subject."""

    subject: str
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page.

    Attributes:
        subject: The one subject that it is about, or "" for everything.
        made_at: When it was read, ISO 8601.
        verdict: All of it in one sentence.
        notices: What wants a look, the worst first.
        environments: The columns of what is live.
        rows: What is live where.
        migrations: The migrations.
        jobs: The cron jobs.
        events: What was done lately, newest first.
        ways: The ways back.
    """

    subject: str
    made_at: str
    verdict: Badge
    notices: tuple[Notice, ...] = ()
    environments: tuple[Environment, ...] = ()
    rows: tuple[Row, ...] = ()
    migrations: tuple[Migration, ...] = ()
    jobs: tuple[Job, ...] = ()
    events: tuple[Event, ...] = ()
    ways: tuple[Ways, ...] = ()
