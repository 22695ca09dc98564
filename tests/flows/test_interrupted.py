"""A run over several subjects whose process is told to end begins nothing further."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from crossfade.operations.ramp.advance import advance as deciding
from flows.advance import advance
from flows.settle import settle
from tests.flows.conftest import Operator
from tests.operations.ramp.shop import shop
from tests.plan.shop import alias
from tests.story import Killed

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from crossfade.local.strict.strict import Strict

SITES = {"production": "sites/production/web", "staging": "sites/staging/web"}


def test_settle_takes_on_no_other_operation(operator: Operator, strict: Strict) -> None:
    story = operator.story.published("1.0.0")
    for environment, subject in SITES.items():
        strict.faults.before("s3", "CopyObject", times=1000, effect=Killed())
        with pytest.raises(Killed):
            story.promote("1.0.0", environment=environment)
        strict.faults.clear()
        operator.lease_lapses(subject)
    strict.faults.before("s3", "CopyObject", times=1000, effect=KeyboardInterrupt())
    ran = operator.starts(settle, apply=True)
    copied = {call.path.split("/")[2] for call in strict.faults.calls if "Copy" in call.operation}
    strict.faults.clear()
    assert not ran.state.is_completed()
    assert copied == {"live"}
    troubles = [story.world().journal.head(one)[0].open for one in SITES.values()]
    assert [bool(one and one.trouble) for one in troubles] == [True, False]


@pytest.mark.usefixtures("_no_settings_of_this_machine")
def test_advance_decides_about_no_other_migration(
    client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("shop", "till")
    records = [alias(name=f"{name}.acme.example.") for name in names]
    stages = [{"name": "half", "share": 50}, {"name": "all", "share": 100}]
    with shop(*records, in_sync_seconds=0) as opened:
        opened.changes = {"stages": stages, "accept": ["keep-alive"]}
        sections = {
            name: {**opened.migration(), "records": [f"{name}.acme.example"]} for name in names
        }
        monkeypatch.setenv("CROSSFADE__STATE__BUCKET", "acme-state")
        monkeypatch.setenv("CROSSFADE__MIGRATIONS", json.dumps(sections))
        world = opened.world()
        migrations = {
            name: world.settings.migrations["shop"].model_validate(said)
            for name, said in sections.items()
        }
        settings = world.settings.model_copy(update={"migrations": migrations})
        world = replace(world, settings=settings)
        for name in names:
            deciding(world, name)
        faults = opened.strict.faults
        faults.clear()
        faults.before("route53", "ChangeResourceRecordSets", times=1000, effect=KeyboardInterrupt())
        ran = Operator(client, opened).starts(advance)  # type: ignore[arg-type]  # only its account
        changes = [call for call in faults.calls if call.operation == "ChangeResourceRecordSets"]
        faults.clear()
        assert not ran.state.is_completed()
        assert len(changes) == 1
        opens = [world.journal.head(f"migrations/{name}")[0].open for name in names]
        assert [one is not None for one in opens] == [True, False]
