"""The wrapper's command line, as one value.

Split by hand: `argparse` would take two of the forty milliseconds that the whole start may take,
`getopt` one, and this module's text is the help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from crossfade.cronrun.configured import find_server
from crossfade.cronrun.lock.address import read_address
from crossfade.errors import BadInput
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.actions import OnLost, Policy, Unavailable
from crossfade.plan.cron.claim.records import LONGEST_LIFE, check_job
from crossfade.plan.cron.claim.terms import LEASE, RETENTION, TOLERANCE, Overlap, Terms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

USAGE = """\
Usage: crossfade cron run --job JOB --schedule SCHEDULE --platform legacy|new [OPTION]... -- COMMAND

Run COMMAND if this platform wins the tick for which it was started, and behave as COMMAND would.
Otherwise say nothing and exit with 0.

  --job JOB               name of the job, the same on both platforms
  --schedule SCHEDULE     when it is due: five fields as in crontab(5), or @daily and its like
  --platform PLATFORM     where this is: legacy or new
  --timezone ZONE         zone of the schedule [default: this host's]
  --server HOST:PORT      the memcached, the same on both platforms [default: lock.servers of the
                          configuration, or CROSSFADE__LOCK__SERVERS]

Who goes first
  --handicap SECONDS      wait so long after the tick if the other platform is preferred [0]
  --prefer PLATFORM       the preferred platform when memcached does not know it

How long
  --max-lateness SECONDS  do not start later than this after the tick [half of the time to the next]
  --overlap skip|wait|allow
                          what to do while an earlier run still runs [skip]
  --lease SECONDS         a run whose wrapper is dead counts as running for so long [60]
  --max-runtime SECONDS   end a run that takes longer
  --kill-after SECONDS    kill a run that was told to end and does not [10]

When something fails
  --unavailable skip|run|home
                          when memcached is away, may have lost claims or cannot be understood: do
                          not run (exit code 75), run, or run only on the platform of --home [skip]
  --home PLATFORM         which one that is
  --on-lost log|stop      when the running lease is lost: log it, or end the run as well [log]
  --rerun-after-crash     wait beside a run of the other side, and run again if that crashes
  --lock-timeout SECONDS  for each answer of memcached, connecting included [1]

Fine print
  -E, --skip-exit N       exit code when the command need not run [0]
  --manual                this is no tick but a start by hand: take only the running lease
  --retention SECONDS     how long memcached keeps a tick's record [172800]
  --clock-tolerance SECONDS
                          how far clocks of hosts may be apart [10]
  --accept-evictions      trust a memcached that evicts records or was flushed
  --log syslog|stderr|FILE
                          where the wrapper's own messages go; a FILE gets JSON lines [syslog]
  --spool FOLDER          where the record of runs is written; "" for nowhere
                          [/var/spool/crossfade, or the user's own state folder]
"""

SHORTEST_LEASE = 6
"""Seconds: memcached counts in whole seconds and may drop an item one early."""

SHORTEST_RETENTION = 3600
LARGEST_EXIT = 255

_VALUED = (
    "job", "schedule", "platform", "timezone", "server", "handicap", "prefer", "max-lateness",
    "overlap", "lease", "max-runtime", "kill-after", "unavailable", "home", "on-lost",
    "lock-timeout", "skip-exit", "retention", "clock-tolerance", "log", "spool",
)  # fmt: skip
_PLAIN = ("rerun-after-crash", "manual", "accept-evictions", "help")
_SHORT = {"-E": "--skip-exit", "-h": "--help"}


class Options(NamedTuple):
    """What the command line and the environment say.

    Attributes:
        job: The job's name.
        schedule: Its schedule, as given.
        platform: Where this is.
        timezone: The schedule's zone by name; "" for this host's.
        server: The memcached's address.
        max_lateness: Latest start after a tick in seconds, if limited.
        kill_after: Seconds between TERM and KILL.
        lock_timeout: Seconds for connecting and for each answer.
        log: Where messages go.
        spool: The folder of the record; None for the default, "" for nowhere.
        terms: The rules of the contest; the deadline is still to be set.
        policy: What to do with the outcome.
        command: The command and its arguments.
    """

    job: str
    schedule: str
    platform: Platform
    timezone: str
    server: str
    max_lateness: float | None
    kill_after: float
    lock_timeout: float
    log: str
    spool: str | None
    terms: Terms
    policy: Policy
    command: tuple[str, ...]


def read_options(argv: list[str], environment: Mapping[str, str]) -> Options | None:
    """Read the command line; None if it asks for help.

    Raises:
        BadInput: Something is missing, unknown or cannot be together.
    """
    given, command = _split(argv)
    if "help" in given:
        return None
    options = _options(given, tuple(command), environment)
    _check(options)
    return options


def _split(argv: list[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Split the arguments into options with their values, and the command behind `--`."""
    given: dict[str, str] = {}
    words = iter(argv)
    for word in words:
        if word == "--":
            break
        name, equals, value = _SHORT.get(word, word).partition("=")
        known = name.removeprefix("--") if name.startswith("--") else ""
        if known in _VALUED:
            found = value if equals else next(words, None)
            if found is None:
                raise BadInput(f"{name} needs a value; see --help")
            given[known] = found
        elif known in _PLAIN and not equals:
            given[known] = ""
        else:
            raise BadInput(f"{word} is no option; the command comes after --; see --help")
    return given, tuple(words)


def _options(
    given: Mapping[str, str], command: tuple[str, ...], environment: Mapping[str, str]
) -> Options:
    """Turn the words into what they mean."""
    manual = "manual" in given or environment.get("CROSSFADE_MANUAL") == "1"
    return Options(
        job=check_job(_text(given, "job")),
        schedule="" if manual and "schedule" not in given else _text(given, "schedule"),
        platform=Platform(_choice(_text(given, "platform"), "platform", Platform)),
        timezone=given.get("timezone", ""),
        server=_server(given, environment),
        max_lateness=_maybe_seconds(given, "max-lateness"),
        kill_after=_seconds(given, "kill-after", 10.0),
        lock_timeout=_seconds(given, "lock-timeout", 1.0),
        log=given.get("log", "syslog"),
        spool=given.get("spool"),
        terms=_terms(given),
        policy=_policy(given, manual=manual),
        command=command,
    )


def _server(given: Mapping[str, str], environment: Mapping[str, str]) -> str:
    if "server" not in given:
        return find_server(environment)
    read_address(given["server"], source="--server")
    return given["server"]


def _terms(given: Mapping[str, str]) -> Terms:
    prefer = given.get("prefer")
    return Terms(
        deadline=0.0,
        retention=_count(given, "retention", RETENTION),
        tolerance=_seconds(given, "clock-tolerance", TOLERANCE),
        overlap=Overlap(_choice(given.get("overlap", "skip"), "overlap", Overlap)),
        lease=_count(given, "lease", LEASE),
        handicap=_seconds(given, "handicap", 0.0),
        prefer=Platform(_choice(prefer, "prefer", Platform)) if prefer else None,
        rerun_after_crash="rerun-after-crash" in given,
        accept_evictions="accept-evictions" in given,
    )


def _policy(given: Mapping[str, str], *, manual: bool) -> Policy:
    home = given.get("home")
    away = _choice(given.get("unavailable", "skip"), "unavailable", Unavailable)
    return Policy(
        unavailable=Unavailable(away),
        home=Platform(_choice(home, "home", Platform)) if home else None,
        on_lost=OnLost(_choice(given.get("on-lost", "log"), "on-lost", OnLost)),
        max_runtime=_maybe_seconds(given, "max-runtime"),
        skip_exit=_count(given, "skip-exit", 0),
        manual=manual,
    )


def _check(options: Options) -> None:
    """Refuse what cannot be together."""
    terms, policy = options.terms, options.policy
    wrong = {
        "no command was given: put it after --": not options.command,
        "--home says which platform runs with --unavailable home: give both or neither": (
            (policy.unavailable is Unavailable.HOME) != (policy.home is not None)
        ),
        "--rerun-after-crash goes by the running lease, which --overlap allow gives up": (
            terms.rerun_after_crash and not terms.leased
        ),
        f"--lease must be {SHORTEST_LEASE} seconds or more: it is extended three times in that": (
            terms.lease < SHORTEST_LEASE
        ),
        f"--retention must be from one hour to {LONGEST_LIFE} seconds, memcached's longest life": (
            not SHORTEST_RETENTION <= terms.retention <= LONGEST_LIFE
        ),
        "--max-lateness must be less than half of --retention, or a late start finds no record": (
            options.max_lateness is not None and options.max_lateness > terms.retention / 2
        ),
        "--lock-timeout must be more than 0": not options.lock_timeout,
        "--skip-exit must be from 0 to 255": not 0 <= policy.skip_exit <= LARGEST_EXIT,
    }
    for sentence, is_so in wrong.items():
        if is_so:
            raise BadInput(f"{sentence}; see --help")


def _text(given: Mapping[str, str], name: str) -> str:
    if name not in given:
        raise BadInput(f"--{name} is missing; see --help")
    return given[name]


def _choice(word: str, name: str, kind: type[StrEnum]) -> str:
    if word not in set(kind):
        raise BadInput(f"--{name} is {word!r}: it must be one of {', '.join(kind)}")
    return word


def _maybe_seconds(given: Mapping[str, str], name: str) -> float | None:
    return _seconds(given, name, 0.0) if name in given else None


def _seconds(given: Mapping[str, str], name: str, default: float) -> float:
    try:
        seconds = float(given.get(name, default))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_LIFE:
        raise BadInput(f"--{name} is {given[name]!r}: it must be a number of seconds")
    return seconds


def _count(given: Mapping[str, str], name: str, default: int) -> int:
    word = given.get(name, str(default))
    if not word.isdecimal():
        raise BadInput(f"--{name} is {word!r}: it must be a whole number")
    return int(word)
