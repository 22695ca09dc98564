"""`crossfade status`, `history` and `releases`: what is, and what was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.cli.desk import SITE

if TYPE_CHECKING:
    from tests.cli.desk import Desk
    from tests.story import Story


def test_status_lists_every_site_of_the_configuration(live: Desk) -> None:
    heading, *rows = live.does("status").out.splitlines()
    assert heading.split() == ["SUBJECT", "LIVE", "SINCE", "(UTC)", "STATE"]
    assert [row.split()[0] for row in rows] == [
        "sites/production/checkout",
        "sites/production/web",
        "sites/staging/checkout",
        "sites/staging/web",
    ]
    assert rows[1].split()[1] == "1.0.0"
    assert rows[0].split()[1] == "-"


def test_status_of_one_subject_is_a_list_of_one(live: Desk) -> None:
    (subject,) = live.does("status", SITE, "--json").document["subjects"]
    assert subject["subject"] == SITE
    assert subject["live"]["version"] == "1.0.0"
    assert subject["open"] is None


EMPTY = '[state]\nbucket = "acme-state"\n[releases]\nbucket = "acme-front"\n'


def test_status_of_a_configuration_without_sites_says_so(desk: Desk) -> None:
    (desk.folder / "crossfade.toml").write_text(EMPTY)
    assert desk.does("status").out == "no environment has a component yet\n"


def test_status_lists_what_only_the_journal_knows(live: Desk) -> None:
    (live.folder / "crossfade.toml").write_text(EMPTY)
    assert live.does("status").out.splitlines()[-1] == (
        f"not in the configuration, so they can only go back: {SITE}"
    )
    (subject,) = live.does("status", "--json").document["subjects"]
    assert (subject["subject"], subject["configured"]) == (SITE, False)
    assert subject["live"]["version"] == "1.0.0"


def test_a_head_that_cannot_be_read_hides_no_other(live: Desk) -> None:
    client = boto3.client("s3")
    key = "journal/sites/staging/web/head.json"
    client.put_object(Bucket="acme-state", Key=key, Body=b'{"subject": "sites/sta')
    typed = live.types("status")
    assert typed.code == 1
    rows = {row.split()[0]: row.split()[-1] for row in typed.out.splitlines() if "/" in row[:9]}
    assert rows["sites/production/web"] == "settled"
    assert rows["sites/staging/web"] == "unreadable"
    assert "s3://acme-state/journal/sites/staging/web/head.json cannot be read" in typed.out


def test_a_journal_of_a_newer_crossfade_is_refused_and_nothing_of_it_lost(live: Desk) -> None:
    client = boto3.client("s3")
    key = f"journal/{SITE}/head.json"
    head = json.loads(client.get_object(Bucket="acme-state", Key=key)["Body"].read())
    for newer in ({"schema": 99}, {"colour": "green"}, {"state": {**head["state"], "tier": 2}}):
        body = json.dumps({**head, **newer})
        client.put_object(Bucket="acme-state", Key=key, Body=body.encode())
        typed = live.types("promote", "production", "web", "1.1.0")
        assert (typed.code, "update crossfade here" in typed.err) == (1, True), typed.err
        found = client.get_object(Bucket="acme-state", Key=key)["Body"].read().decode()
        assert found == body


def test_history_lists_operations_newest_first_with_who_and_what_it_cost(live: Desk) -> None:
    live.does("promote", "production", "web", "1.1.0")
    heading, second, second_cost, first, _ = live.does("history", SITE).out.splitlines()
    assert heading.split() == ["WHEN", "(UTC)", "WHAT", "OUTCOME", "BY"]
    assert "promote  1.0.0 -> 1.1.0    done     ann@desk (cli)" in second
    assert "4 copied, 1 deleted, 105 B, " in second_cost
    assert "promote  nothing -> 1.0.0  done     ann@desk" in first


def test_history_tells_scripts_every_operation(live: Desk) -> None:
    live.does("promote", "production", "web", "1.1.0")
    live.does("rollback", "production", "web")
    document = live.does("history", SITE, "--json").document
    assert [(one["kind"], one["from"], one["to"]) for one in document["operations"]] == [
        ("rollback", "1.1.0", "1.0.0"),
        ("promote", "1.0.0", "1.1.0"),
        ("promote", "", "1.0.0"),
    ]
    for one in document["operations"]:
        assert one["by"]["who"] == "ann@desk"
        assert one["begun_at"] <= one["ended_at"]
        assert one["status"] == "done"
        assert one["figures"]
    assert not document["more"]


def test_history_shows_people_the_newest_and_says_that_there_are_more(live: Desk) -> None:
    for version in ("1.1.0", "1.0.0"):
        live.does("promote", "production", "web", version)
    typed = live.does("history", SITE, "--limit", "2")
    assert typed.out.splitlines()[-1] == "the newest 2; --limit 0 lists all"
    assert typed.out.count("promote") == 2
    assert live.does("history", SITE, "--limit", "0").out.count("promote") == 3
    assert live.does("history", SITE, "--limit", "1", "--json").document["more"]


def test_history_answers_what_was_live_at_a_time(live: Desk) -> None:
    document = live.does("history", SITE, "--at", "2999-01-01", "--json").document
    assert document["at"] == "2999-01-01T00:00:00.000Z"
    assert document["live"]["version"] == "1.0.0"
    assert (
        "1.0.0 was live at 2999-01-01 00:00:00 UTC"
        in live.does("history", SITE, "--at", "2999-01-01T01:00+01:00").out
    )
    before = live.does("history", SITE, "--at", "1999-12-31")
    assert before.out == f"{SITE}: nothing was live at 1999-12-31 00:00:00 UTC\n"


@pytest.mark.parametrize("words", [(SITE, "--at", "yesterday"), ("releases/web", "--at", "2026")])
def test_a_time_that_cannot_be_answered_is_bad_input(live: Desk, words: tuple[str, ...]) -> None:
    typed = live.types("history", *words)
    assert typed.code == 2
    assert typed.err.startswith("bad input: ")


def test_a_site_without_operations_has_an_empty_history(live: Desk) -> None:
    typed = live.does("history", "sites/staging/web")
    assert typed.out == "sites/staging/web: nothing has happened yet\n"


def test_a_site_that_left_the_configuration_keeps_its_history(live: Desk) -> None:
    file = live.folder / "crossfade.toml"
    file.write_text(file.read_text().replace("environments.production", "environments.blue"))
    assert "1.0.0" in live.does("history", SITE).out


@pytest.mark.parametrize("words", [["releases"], ["releases", "list"]])
def test_releases_lists_those_of_all_components(story: Story, live: Desk, words: list[str]) -> None:
    story.publish("1.2.0", component="checkout")
    heading, *rows = live.does(*words).out.splitlines()
    assert heading.split()[:2] == ["COMPONENT", "VERSION"]
    assert sorted(row.split()[:2] for row in rows) == [
        ["checkout", "1.2.0"],
        ["web", "1.0.0"],
        ["web", "1.1.0"],
    ]
    assert sum("production" in row for row in rows) == 1


@pytest.mark.parametrize("words", [["releases", "web", "--json"], ["releases", "--json", "web"]])
def test_releases_of_one_component_as_a_document(live: Desk, words: list[str]) -> None:
    rows = live.does(*words).document["releases"]
    assert sorted((row["version"], row["files"], row["bytes"], row["live_in"]) for row in rows) == [
        ("1.0.0", 5, 110, ["production"]),
        ("1.1.0", 4, 105, []),
    ]


def test_releases_of_a_component_that_has_none_says_so(live: Desk) -> None:
    assert live.does("releases", "checkout").out == "nothing is published yet\n"


def test_a_pin_is_listed_with_its_reason_until_it_is_taken_off(live: Desk) -> None:
    assert live.does("releases", "pin", "web", "1.1.0", "--why", "the audit").out == (
        "web 1.1.0 is pinned: the audit\n"
    )
    assert "the audit" in live.does("releases", "web").out
    assert live.does("releases", "unpin", "web", "1.1.0", "--json").document["changed"]
    assert "the audit" not in live.does("releases", "web").out
