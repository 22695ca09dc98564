"""P4: an operation that is killed at any call to the outside is resumed to its end or reversed.

Each scenario is run once to its end, then once for each moment at which its worker may die
(`tests.deaths`), killed by an exception that nothing catches. Another worker then settles what is
left.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from crossfade.local.strict.strict import make_strict
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.releases.publish import PublishRequest, publish
from crossfade.operations.status.status import history
from crossfade.plan.sites.rollback import Mode
from tests.deaths import short_and_long
from tests.snapshot import Snapshot, present
from tests.story import FRONT, OneClientEach, Story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from crossfade.plan.journal.operation import Operation
    from tests.deaths import Death, Deaths

    Shown = dict[str, Any]
    Settle = Callable[..., tuple[Operation[Any], ...]]


SESSION = OneClientEach()

SITE = "sites/production/web"
OTHER = "sites/production/checkout"


@dataclass(frozen=True)
class Scenario:
    """What happens before, and the operation that is killed."""

    before: Callable[[Story], object]
    operation: Callable[[Story], object]
    subjects: tuple[str, ...] = (SITE,)


def _one_live(story: Story) -> None:
    story.overrides = {"distribution_id": distribution(story), "runtime": {"api": "x"}}
    story.published("1.0.0", "1.1.0").promote("1.0.0")


def _two_promotes(story: Story) -> None:
    _one_live(story)
    story.promote("1.1.0")


def _two_components(story: Story) -> None:
    _one_live(story)
    smallest = {"index.html": "<script src=app-a1b2c3d4.js></script>", "app-a1b2c3d4.js": "one"}
    publish(story.world(), PublishRequest(story.build(smallest, "checkout"), "checkout", "1.0.0"))


SCENARIOS = {
    "promote": Scenario(_one_live, lambda story: story.promote("1.1.0")),
    "redeploy": Scenario(_two_promotes, lambda story: story.rollback(mode=Mode.REDEPLOY)),
    "restore": Scenario(_two_promotes, lambda story: story.rollback(mode=Mode.RESTORE)),
    "train": Scenario(
        _two_components,
        lambda story: story.promote("", versions={"web": "1.1.0", "checkout": "1.0.0"}),
        (SITE, OTHER),
    ),
}


def distribution(story: Story) -> str:
    """Create a distribution in front of the bucket."""
    client = story.aws.client("cloudfront")
    answer = client.create_distribution(
        DistributionConfig={
            "CallerReference": "one",
            "Comment": "",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "front",
                        "DomainName": f"{FRONT}.s3.eu-west-1.amazonaws.com",
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "front",
                "ViewerProtocolPolicy": "redirect-to-https",
            },
        }
    )
    return str(answer["Distribution"]["Id"])


@contextmanager
def told(scenario: Scenario, folder: Path) -> Iterator[Story]:
    """Tell the scenario up to the operation, in an account of its own."""
    with mock_aws(), make_strict(invalidation_seconds=0) as strict:
        story = Story(SESSION, folder, strict).founded()
        scenario.before(story)
        strict.faults.clear()
        yield story


def shown(story: Story, subjects: tuple[str, ...]) -> Shown:
    """Return all that a visitor and an operator can see, apart from ids and times."""
    objects = {
        key: one.size if key.endswith(".manifest.json") else one.etag
        for key, one in present(FRONT).items()
    }  # a manifest holds the time of publishing
    live = {}
    for subject in subjects:
        head, _ = story.world().journal.head(subject)
        state = head.state.get("live") or {}
        live[subject] = (state.get("version"), head.open)
    return {"objects": objects, "live": live}


@dataclass(frozen=True)
class Settled:
    """How a story stands after its operation was killed at some call and another worker settled it.

    `start` and `end` are what an undisturbed run shows before and after.
    """

    story: Story
    death: Death
    closed: tuple[Operation[Any], ...]
    now: Shown
    start: Shown
    end: Shown


def settled_after(
    deaths: Iterable[Death], scenario: Scenario, folder: Path, settle: Settle
) -> Iterator[Settled]:
    """Kill the scenario's operation at each of these moments, and settle what is left."""
    with told(scenario, folder) as story:
        assert story.strict is not None
        before = Snapshot()
        start = shown(story, scenario.subjects)
        scenario.operation(story)
        end = shown(story, scenario.subjects)
        died = 0
        for death in deaths:
            before.restore()
            if not death.comes(story.strict.faults, lambda: scenario.operation(story)):
                break
            died += 1
            assert story.broken_pages() == [], death
            closed: tuple[Operation[Any], ...] = ()
            for subject in scenario.subjects:
                closed += settle(story.world(), subject, take_over=True)
            now = shown(story, scenario.subjects)
            yield Settled(story, death, closed, now, start, end)
            _every_operation_has_ended(story, scenario)
        assert died > 5


CASES = short_and_long(SCENARIOS)


@pytest.mark.parametrize(("name", "deaths"), CASES)
def test_killed_at_any_call_it_is_resumed_to_its_end(
    name: str, deaths: Deaths, tmp_path: Path
) -> None:
    scenario = SCENARIOS[name]
    for one in settled_after(deaths(), scenario, tmp_path, resume):
        untouched = not one.closed and one.now == one.start
        assert untouched or one.now == one.end, one.death
        _again_changes_nothing(one, scenario)


@pytest.mark.parametrize(("name", "deaths"), CASES)
def test_killed_at_any_call_it_is_reversed_to_its_start(
    name: str, deaths: Deaths, tmp_path: Path
) -> None:
    scenario = SCENARIOS[name]
    for one in settled_after(deaths(), scenario, tmp_path, reverse_open):
        finished = not one.closed and one.now == one.end
        assert finished or _as_before(one.now, one.start, one.end), one.death


def _as_before(now: Shown, start: Shown, end: Shown) -> bool:
    """Everything is as it was; assets of a page that may have been seen stay for its visitors."""
    kept = {
        key: found
        for key, found in now["objects"].items()
        if key not in start["objects"] and not key.endswith("/index.html")
    }
    without = {key: found for key, found in now["objects"].items() if key not in kept}
    assert all(end["objects"][key] == found for key, found in kept.items())
    return without == start["objects"] and now["live"] == start["live"]


def _again_changes_nothing(one: Settled, scenario: Scenario) -> None:
    for subject in scenario.subjects:
        assert resume(one.story.world(), subject) == ()
    assert shown(one.story, scenario.subjects) == one.now


def _every_operation_has_ended(story: Story, scenario: Scenario) -> None:
    for subject in scenario.subjects:
        assert all(operation.ended_at for operation in history(story.world(), subject))
