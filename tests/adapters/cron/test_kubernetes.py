"""CronJobs through the real client, against an API on loopback."""

from __future__ import annotations

import builtins
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.adapters.cron.kubernetes import batch_api, read_cronjob, set_suspend
from crossfade.errors import BadInput, Conflict, CrossfadeError, Failed, Refused, Unavailable
from crossfade.plan.cron.move.checks import cronjob_objections
from crossfade.plan.cron.schedule.ticks import read_schedule
from crossfade.plan.cron.table.crontab import jobs_of, read_crontab
from crossfade.plan.cron.table.kubernetes_cronjob import Workload
from crossfade.plan.cron.table.kubernetes_cronjob import cronjob as generated
from tests.adapters.cron.kube import RESOURCE, Kube, api_at, cronjob, kube
from tests.cronrun.servers import free_port
from tests.operations.cron.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def served() -> Iterator[tuple[Kube, Any]]:
    with kube() as found:
        yield found


def test_a_cronjob_is_read_with_all_that_a_move_looks_at(served: tuple[Kube, Any]) -> None:
    emulator, api = served
    emulator.objects[RESOURCE, "default", "reports-daily"] = cronjob(active=("reports-daily-29",))
    found = read_cronjob(api, "default", "reports-daily")
    assert (found.version, found.suspended, found.active) == ("7", True, ("reports-daily-29",))
    spec = found.spec
    assert (spec.schedule, spec.timezone, spec.policy) == ("*/5 * * * *", "UTC", "Forbid")
    assert (spec.deadline, spec.restart, spec.backoff) == (150, "Never", 0)
    assert spec.words[:5] == ("crossfade", "cron", "run", "--job", "reports.daily")


def test_a_cronjob_that_was_generated_here_is_one_that_can_be_moved(
    served: tuple[Kube, Any],
) -> None:
    emulator, api = served
    schedule = read_schedule("30 2 * * 7", UTC)
    line = b"30 2 * * 7 app /opt/run --all | tee x\n"
    (job,) = jobs_of(read_crontab(line, name="table", system=True))
    manifest: Any = generated(
        job, "reports.daily", Workload("acme/jobs:7"), schedule=schedule, zone="Etc/UTC", since=0
    )
    manifest["metadata"] |= {"resourceVersion": "1", "namespace": "default"}
    emulator.objects[RESOURCE, "default", "reports-daily"] = manifest
    found = read_cronjob(api, "default", "reports-daily")
    assert found.suspended
    told = cronjob_objections(
        found.spec, job="reports.daily", schedule="30 2 * * 7", timezone="UTC"
    )
    assert list(told) == []


def test_suspend_is_changed_and_nothing_else(served: tuple[Kube, Any]) -> None:
    emulator, api = served
    before = read_cronjob(api, "default", "reports-daily")
    set_suspend(api, before, suspend=False)
    after = read_cronjob(api, "default", "reports-daily")
    assert (after.suspended, after.spec) == (False, before.spec)
    stored = emulator.objects[RESOURCE, "default", "reports-daily"].raw
    assert stored["spec"] == cronjob(suspend=False)["spec"]


def test_a_cronjob_that_changed_meanwhile_is_not_changed(served: tuple[Kube, Any]) -> None:
    emulator, api = served
    before = read_cronjob(api, "default", "reports-daily")
    emulator.moves()
    with pytest.raises(Conflict, match="it was changed meanwhile"):
        set_suspend(api, before, suspend=False)
    assert read_cronjob(api, "default", "reports-daily").suspended


def test_a_change_that_the_api_calls_invalid_is_no_conflict(served: tuple[Kube, Any]) -> None:
    emulator, api = served
    before = read_cronjob(api, "default", "reports-daily")
    emulator.answers.append(422)
    with pytest.raises(Failed, match="422"):
        set_suspend(api, before, suspend=False)


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (401, Failed, "access denied"),
        (403, Failed, "deployments/kubernetes has the role"),
        (404, Refused, "apply its manifest"),
        (409, Conflict, "changed meanwhile"),
        (429, Unavailable, "429"),
        (500, Unavailable, "500"),
        (503, Unavailable, "503"),
    ],
)
def test_an_answer_says_what_the_reader_must_do(
    served: tuple[Kube, Any], status: int, kind: type[CrossfadeError], text: str
) -> None:
    emulator, api = served
    emulator.answers.append(status)
    with pytest.raises(kind, match=text) as raised:
        read_cronjob(api, "default", "reports-daily")
    assert type(raised.value) is kind


def test_an_api_that_does_not_answer_is_unavailable() -> None:
    api = api_at(free_port())
    with pytest.raises(Unavailable, match="could not read CronJob default/reports-daily"):
        read_cronjob(api, "default", "reports-daily")


def test_the_cluster_of_the_other_tests_answers_as_the_api_does(
    served: tuple[Kube, Any],
) -> None:
    emulator, api = served
    stand_in = Cluster()
    stand_in.has("reports.daily", "*/5 * * * *")
    seen: list[list[object]] = []
    for one, moves in ((api, emulator.moves), (stand_in, lambda: stand_in.moves("reports-daily"))):
        told: list[object] = []
        first = read_cronjob(one, "default", "reports-daily")
        told += [first.suspended, first.active, first.spec.schedule, first.spec.backoff]
        set_suspend(one, first, suspend=False)
        second = read_cronjob(one, "default", "reports-daily")
        told += [second.suspended, int(second.version) - int(first.version)]
        moves()
        with pytest.raises(Conflict) as moved:
            set_suspend(one, second, suspend=True)
        with pytest.raises(Refused) as absent:
            read_cronjob(one, "default", "none")
        told += [str(moved.value), str(absent.value)]
        seen.append(told)
    assert seen[0] == seen[1]


def test_a_context_of_the_kubeconfig_names_the_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config"
    clusters = [{"name": name, "cluster": {"server": f"http://{name}"}} for name in ("a", "b")]
    contexts = [{"name": name, "context": {"cluster": name, "user": "u"}} for name in ("a", "b")]
    document = {"clusters": clusters, "contexts": contexts, "users": [{"name": "u", "user": {}}]}
    file.write_text(json.dumps({**document, "current-context": "a"}))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    assert batch_api("b").api_client.configuration.host == "http://b"
    assert batch_api("").api_client.configuration.host == "http://a"
    with pytest.raises(BadInput, match="context 'c'"):
        batch_api("c")


def test_without_the_client_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == "kubernetes":
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(BadInput, match=r"pip install 'crossfade\[kubernetes\]'"):
        batch_api("")
