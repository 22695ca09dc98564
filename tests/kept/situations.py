"""The situations in which worlds are kept.

Each is a story up to a moment, and an operation that ends or is killed in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crossfade.operations.cron.move.move import Asked
from crossfade.operations.purge.pins import pin
from crossfade.operations.purge.purge import PurgeRequest, purge
from crossfade.operations.ramp.back import abort, back
from crossfade.operations.ramp.consent import approve, hold, override, thaw
from crossfade.operations.ramp.finish import finish, make_simple
from crossfade.plan.cron.claim.records import Preference
from crossfade.plan.cron.move.decide import Wish
from crossfade.plan.sites.rollback import Mode
from tests.kept.tellers import Death, Jobs, Ramp, Releases, jobs, ramp, releases
from tests.operations.cron.moving import LEGACY, NEW

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

SITES = """\
[state]
bucket = "acme-state"

[releases]
bucket = "acme-front"

[components.web]
entry_pages = ["*.html"]

[components.checkout]
path = "checkout"

[environments.production]
bucket = "acme-front"
root = "live"
runtime = { api = "https://api.acme.example" }
keep_checkpoints = 1
asset_grace = 1
"""

SHOP = """\
[state]
bucket = "acme-state"

[releases]
bucket = "acme-state"

[migrations.shop]
zone = "ZONE"
records = ["shop.acme.example"]
legacy = { target = "legacy-lb.example", load_balancer = "app/legacy/1" }
new = { target = "k8s-lb.example", load_balancer = "app/k8s/1" }
keep_alive = "60s"
stages = [
  { name = "canary", share = 10, bake = "5m", gates = ["errors"] },
  { name = "half", share = 50, bake = "5m", gates = ["errors"], approval = true },
  { name = "all", share = 100 },
]
"""

QUICK_SHOP = (
    SHOP[: SHOP.index("stages")]
    + """\
accept = ["keep-alive"]
stages = [
  { name = "half", share = 50 },
  { name = "all", share = 100, approval = true },
]
"""
)

CRONS = """\
[state]
bucket = "acme-state"

[releases]
bucket = "acme-state"

[lock]
servers = ["127.0.0.1:11211"]

[crons."reports.daily"]
schedule = "*/5 * * * *"
watch = 3
on = "document"
document = "s3://acme-state/lists/crons.json"
"""


@dataclass(frozen=True)
class Situation:
    """A story.

    Attributes:
        configuration: The configuration, which also tells who tells the story.
        tell: Opens the account and gives who does things there.
        before: What happens up to the moment that is seen as `start`.
        operation: What happens from there to the moment that is seen as `end`.
        death: When the operation's worker dies, or None if it lives.
        reverses: When somebody dies who takes back what that worker left, or None if nobody does.
        asks: Commands whose answers are kept besides that of `status`.
    """

    configuration: str
    tell: Callable[[str, Path], AbstractContextManager[Any]]
    before: Callable[[Any], object]
    operation: Callable[[Any], object]
    death: Death | None = None
    asks: tuple[str, ...] = ()
    reverses: Death | None = None


def _of_sites(
    before: Callable[[Releases], object],
    operation: Callable[[Releases], object],
    death: Death | None = None,
    *asks: str,
) -> Situation:
    return Situation(SITES, releases, before, operation, death, asks)


def _of_a_ramp(
    before: Callable[[Ramp], object],
    operation: Callable[[Ramp], object],
    death: Death | None = None,
    *asks: str,
    configuration: str = QUICK_SHOP,
) -> Situation:
    return Situation(configuration, ramp, before, operation, death, asks)


def _of_a_job(
    before: Callable[[Jobs], object],
    operation: Callable[[Jobs], object],
    death: Death | None = None,
    *asks: str,
) -> Situation:
    return Situation(CRONS, jobs, before, operation, death, asks)


def _one_live(people: Releases) -> None:
    people.published("1.0.0", "1.1.0").promote("1.0.0")


def _two_promoted(people: Releases) -> None:
    people.published("1.0.0", "1.1.0").promote("1.0.0")
    people.moment("first")
    people.clock.sleep(600)
    people.promote("1.1.0")


def _two_promoted_beside_a_checkout(people: Releases) -> None:
    people.published("1.0.0", component="checkout").published("0.9.0", "1.2.0")
    _two_promoted(people)


def _with_a_checkout(people: Releases) -> None:
    _one_live(people)
    people.published("1.0.0", component="checkout")


def _promoted_three_times(people: Releases) -> None:
    people.publish("0.9.0")
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        people.publish(version)
        people.promote(version)
    pin(people.world(), "web", "1.0.0", "for the auditors")
    people.clock.sleep(86_400)


def _purge(people: Releases) -> None:
    purge(people.world(), PurgeRequest("web", 1, apply=True))


def _train(people: Releases) -> None:
    people.promote("", versions={"web": "1.1.0", "checkout": "1.0.0"})


def _goes_to_half(people: Ramp) -> None:
    """Two stages with gates, and all that people may say on the way."""
    people.moment("baseline")
    people.advance()
    people.reaches("canary")
    people.moment("canary")
    hold(people.world(), "shop", reason="the weekend")
    people.time.sleep(3600)
    thaw(people.world(), "shop")
    people.passes(8)
    people.advance()
    approve(people.world(), "shop", comment="seen")


def _then_frozen(people: Ramp) -> None:
    people.reaches("half")
    override(people.world(), "shop", "errors", reason="a known alarm")
    hold(people.world(), "shop", reason="lunch")


def _at_half(people: Ramp) -> None:
    people.moment("baseline")
    people.advance()
    people.moment("pair")
    people.advance()
    people.moment("half")
    assert people.position().stage == "half"


def _approved(people: Ramp) -> None:
    _at_half(people)
    approve(people.world(), "shop", comment="go")


def _at_all(people: Ramp) -> None:
    _approved(people)
    people.advance()
    assert people.position().stage == "all"


def _complete(people: Ramp) -> None:
    _at_all(people)
    people.advance()
    assert people.position().completed_at


def _preferred_by_hand(people: Jobs) -> None:
    people.somebody_prefers(Preference("legacy", 1234.5, "by hand"))


def _move(people: Jobs) -> None:
    people.moves()


def _watched(people: Jobs) -> None:
    _preferred_by_hand(people)
    people.moment("legacy")
    people.moves()
    people.ticks(2, NEW)


def _moved(people: Jobs) -> None:
    _watched(people)
    people.ticks(1, NEW)


_RECORDS = ("route53", "ChangeResourceRecordSets")
_LISTED = Death("after", "s3", "PutObject", path="lists/crons.json")

SITUATIONS = {
    "site-rolled-back": _of_sites(
        _two_promoted_beside_a_checkout,
        lambda people: people.rollback(),
        None,
        "promote production web 1.2.0 --dry-run",
        "promote production web 1.2.0 --with checkout=1.0.0 --dry-run",
        "rollback production web --to 1.1.0 --mode redeploy --dry-run",
        "rollback production web --to 1.1.0 --mode restore --dry-run",
        "purge --keep 1",
    ),
    "promote-open": _of_sites(
        _one_live,
        lambda people: people.promote("1.1.0"),
        Death("after", "s3", "CopyObject", nth=2),
    ),
    "reversal-open": replace(
        _of_sites(
            _one_live,
            lambda people: people.promote("1.1.0"),
            Death("after", "s3", "CopyObject", nth=3),
        ),
        reverses=Death("after", "s3", "CopyObject", nth=1),
    ),
    "restore-open": _of_sites(
        _two_promoted,
        lambda people: people.rollback(mode=Mode.RESTORE),
        Death("after", "s3", "CopyObject", nth=1),
    ),
    "train-open": _of_sites(_with_a_checkout, _train, Death("after", "s3", "CopyObject", nth=3)),
    "purge-open": _of_sites(
        _promoted_three_times, _purge, Death("after", "s3", "DeleteObjects", nth=1)
    ),
    "purged": _of_sites(_promoted_three_times, _purge, None, "releases web", "purge --keep 1"),
    "ramp-at-half": _of_a_ramp(
        _goes_to_half,
        _then_frozen,
        None,
        "migrate shop --dry-run",
        configuration=SHOP,
    ),
    "ramp-approved": _of_a_ramp(
        _at_half,
        lambda people: approve(people.world(), "shop", comment="go"),
        None,
        "advance shop --dry-run",
        "migrate shop --dry-run",
    ),
    "advance-open-before-its-batch": _of_a_ramp(
        _approved, lambda people: people.advance(), Death("before", *_RECORDS)
    ),
    "advance-open-after-its-batch": _of_a_ramp(
        _approved, lambda people: people.advance(), Death("after", *_RECORDS)
    ),
    "ramp-gone-back": _of_a_ramp(_at_all, lambda people: back(people.world(), "shop")),
    "gradual-return-open": _of_a_ramp(
        _at_all,
        lambda people: abort(people.world(), "shop", gradual=True, pause=timedelta(seconds=1)),
        Death("after", *_RECORDS),
    ),
    "ramp-simple": _of_a_ramp(_complete, lambda people: make_simple(people.world(), "shop")),
    "ramp-finished": _of_a_ramp(
        _complete, lambda people: finish(people.world(), "shop", without_proof="it is off")
    ),
    "job-to-move": _of_a_job(
        _preferred_by_hand, lambda _: None, None, "move-cron reports.daily --dry-run"
    ),
    "move-open": _of_a_job(_preferred_by_hand, _move, _LISTED),
    "job-moved": _of_a_job(_moved, _move),
    "return-open": _of_a_job(
        _watched, lambda people: people.moves(asked=Asked(Wish(LEGACY))), _LISTED
    ),
}
