"""The commands about cron jobs, as they are typed."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML carries no types

from crossfade.plan.cron.claim.records import (
    Preference,
    RunningLease,
    encode,
    lease_key,
    preference_key,
)
from tests.cronrun.servers import Proxy, RealMemcached
from tests.operations.cron.ticks_kept import JOB, Ticks
from tests.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.desk import Desk
    from tests.story import Story

DEBIAN = ROOT / "tests/cronrun" / "crontabs" / "debian"


@pytest.fixture
def ticks(story: Story, desk: Desk) -> Iterator[Ticks]:
    """The job before a real memcached, in the desk's configuration."""
    server = RealMemcached()
    with closing(Proxy(server)) as proxy:
        with (desk.folder / "crossfade.toml").open("a") as file:
            file.write(f'[lock]\nservers = ["{proxy.address}"]\n')
            file.write(f'[crons."{JOB}"]\nschedule = "* * * * *"\n')
        yield Ticks(story, server, proxy, desk.folder)
    server.kill()


def test_history_tells_who_ran_each_tick_newest_first(desk: Desk, ticks: Ticks) -> None:
    for ago in (2, 3):
        ticks.record(ago)
    ticks.record(5, platform="legacy", host="host-1")
    typed = desk.does("cron", "history", JOB)
    lines = typed.out.splitlines()
    assert lines[0].split() == ["TICK", "(UTC)", "FATE", "BY", "START", "TOOK", "EXIT", "TRY"]
    done = [line for line in lines if " done " in line]
    assert ["new/pod-1" in line for line in done] == [True, True, False]
    assert "2.0 s" in done[0]
    assert "3 run by" not in lines[-1]
    assert "1 run by legacy, 2 run by new" in lines[-1]
    assert "1 missed" in lines[-1]


def test_history_in_json_is_one_object_with_all_ticks(desk: Desk, ticks: Ticks) -> None:
    ticks.record(2)
    document = desk.does("cron", "history", JOB, "--json", "--since", "10m").document
    assert document["counts"]["done"] == 1
    assert document["counts"]["ticks"] in {10, 11}
    run = next(tick["run"] for tick in document["ticks"] if tick["fate"] == "done")
    assert (run["platform"], run["host"], run["exit_code"], run["seconds"]) == (
        "new", "pod-1", 0, 2.0,
    )  # fmt: skip


def test_a_double_is_told_loudly_and_fails_a_check(desk: Desk, ticks: Ticks) -> None:
    ticks.record(60)
    ticks.spools(60)
    words = ("cron", "history", JOB, "--spool", ticks.spool)
    typed = desk.types(*words, "--limit", "5", "--check")
    assert typed.code == 1
    assert "RUN TWICE" in typed.out
    assert "done, twice" in typed.out, "older than the newest five, and shown all the same"
    assert "1 run twice" in typed.out.splitlines()[-1]
    assert desk.types(*words).code == 0


def test_history_is_drawn_to_a_file(desk: Desk, ticks: Ticks) -> None:
    ticks.record(2)
    typed = desk.does("cron", "history", JOB, "--picture", "day.svg")
    assert "the picture of" in typed.err
    assert b"<!-- ran on new (1) -->" in (desk.folder / "day.svg").read_bytes()


def test_one_tick_is_told_by_any_instant_of_it(desk: Desk, ticks: Ticks) -> None:
    ticks.record(3)
    at = datetime.fromtimestamp((ticks.now - 3) * 60 + 30, UTC).isoformat()
    (tick,) = desk.does("cron", "history", JOB, "--at", at, "--check", "--json").document["ticks"]
    assert (tick["tick"], tick["fate"], tick["run"]["attempt"]) == (ticks.now - 3, "done", 1)


def test_history_without_memcached_says_so_on_standard_error(desk: Desk, ticks: Ticks) -> None:
    ticks.record(2)
    desk.does("cron", "gather")
    ticks.server.kill()
    typed = desk.does("cron", "history", JOB, "--json")
    assert typed.document["counts"]["done"] == 1
    assert "only what was gathered is shown" in typed.err


def test_gather_says_what_it_found(desk: Desk, ticks: Ticks) -> None:
    ticks.recent()
    ticks.record(4)
    typed = desk.does("cron", "gather", JOB)
    assert typed.out == f"{JOB}: 5 ticks gathered (4 done, 1 missed)\n"
    assert desk.does("cron", "gather").out == f"{JOB}: nothing new\n"


def test_the_doctor_needs_no_configuration_and_grades_each_job(
    ticks: Ticks, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    ticks.mark(1)
    ticks.mark(1, "new", host="pod-1", offset=30.0)
    words = ("cron", "doctor", "--server", ticks.proxy.address, "--job", JOB)
    typed = desk.types(*words)
    assert typed.code == 3, typed.out
    assert "the clocks of legacy/host-1 and new/pod-1 are 30 s apart" in typed.out
    assert typed.out.splitlines()[-1] == "guarantee: weak"
    (job,) = desk.types(*words, "--json").document["jobs"]
    assert (job["grade"], job["marks"]["new"]["offset"]) == ("weak", 30.0)
    assert 50 < job["marks"]["legacy"]["age"] < 130


def test_the_doctor_is_content_with_a_server_for_locks(desk: Desk, ticks: Ticks) -> None:
    for platform in ("legacy", "new"):
        ticks.mark(1, platform)
    typed = desk.does("cron", "doctor")
    assert "flags -M -F" in typed.out
    assert typed.out.splitlines()[-1] == "guarantee: strong"


def test_the_doctor_names_the_preferred_platform_and_the_run_under_way(
    desk: Desk, ticks: Ticks
) -> None:
    with closing(ticks.server.client()) as client:
        client.set(preference_key(JOB), encode(Preference("new")))
        client.set(lease_key(JOB), encode(RunningLease("t", ticks.now, "new", "pod-1")))
    typed = desk.does("cron", "doctor")
    row = next(line for line in typed.out.splitlines() if line.startswith(JOB))
    assert row.split()[:5] == [JOB, "strong", "new", "never", "-"]
    assert "new/pod-1" in row
    assert "legacy was never seen" in typed.out


def test_the_doctor_finds_no_guarantee_without_compare_and_swap(desk: Desk) -> None:
    server = RealMemcached(flags=("-M", "-F", "-C"))
    try:
        typed = desk.types("cron", "doctor", "--server", server.address, "--job", "j")
    finally:
        server.kill()
    assert typed.code == 1
    assert "compare-and-swap off" in typed.out
    assert typed.out.splitlines()[-1] == "guarantee: none"


def test_the_doctor_finds_no_guarantee_where_nobody_answers(desk: Desk, ticks: Ticks) -> None:
    ticks.server.kill()
    typed = desk.types("cron", "doctor")
    assert typed.code == 1
    assert "memcached does not answer: " in typed.err


def test_the_inventory_lists_the_jobs_of_real_tables(desk: Desk) -> None:
    jobs = desk.does("cron", "inventory", str(DEBIAN), "--json").document["jobs"]
    assert len(jobs) == 14
    assert len({job["name"] for job in jobs}) == 14
    sysstat = next(job for job in jobs if job["name"] == "sysstat.debian-sa1")
    assert (sysstat["line"], sysstat["user"], sysstat["schedule"]) == (6, "root", "5-55/10 * * * *")


def test_the_inventory_is_a_table_for_people(desk: Desk) -> None:
    lines = desk.does("cron", "inventory", str(DEBIAN)).out.splitlines()
    assert lines[0].split() == ["JOB", "WHERE", "SCHEDULE", "USER", "WRAPPED", "COMMAND"]
    assert any(line.startswith("php.sessionclean ") and "09,39 * * * *" in line for line in lines)
    assert lines[-1] == "14 jobs in 10 tables"


def test_names_are_chosen_by_line(desk: Desk) -> None:
    table = str(DEBIAN / "sysstat")
    typed = desk.does("cron", "wrap", table, "--name", "6=often", "--only", "often")
    assert "--job often --schedule '5-55/10 * * * *'" in typed.out
    for words in ((table, "--name", "often"), (str(DEBIAN), "--name", "6=often")):
        assert desk.types("cron", "wrap", *words).code == 2


def test_jobs_that_would_have_one_name_are_refused(desk: Desk) -> None:
    for folder in ("one", "two"):
        (desk.folder / folder).mkdir()
        (desk.folder / folder / "jobs").write_text("* * * * * root /opt/x\n")
    both = [str(desk.folder / folder / "jobs") for folder in ("one", "two")]
    typed = desk.types("cron", "config", *both)
    assert typed.code == 2
    assert "would both be the CronJob jobs-x" in typed.err


def test_a_table_is_wrapped_in_place_and_given_back(desk: Desk) -> None:
    content = (DEBIAN / "logcheck").read_bytes()
    table = desk.folder / "logcheck"
    table.write_bytes(content)
    words = ("cron", "wrap", str(table), "--server", "10.0.0.5:11211")
    shown = desk.does(*words)
    assert table.read_bytes() == content, "without --write nothing changes"
    assert "+# crossfade wraps: 2 * * * *" in shown.out
    assert "@reboot names no time" in shown.err
    desk.does(*words, "--write")
    assert b"--job logcheck.logcheck-2 --schedule '2 * * * *'" in table.read_bytes()
    assert desk.does("cron", "inventory", str(table), "--json").document["jobs"][1]["wrapped"]
    desk.does("cron", "unwrap", str(table), "--write")
    assert table.read_bytes() == content


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("a:1,b:2", "names more than one"),
        ("memcached://10.0.0.5", "is a URL"),
        ("10.0.0.5:99999", "has no port from 1 to 65535"),
        (" 10.0.0.5:11211", "has a blank"),
    ],
)
@pytest.mark.parametrize("verb", [("wrap", "--write"), ("manifests", "--image", "i")])
def test_a_server_that_is_no_address_is_written_nowhere(
    desk: Desk, verb: tuple[str, ...], server: str, words: str
) -> None:
    table = desk.folder / "sysstat"
    table.write_bytes((DEBIAN / "sysstat").read_bytes())
    typed = desk.types("cron", *verb, str(table), "--server", server)
    assert typed.code == 2
    assert f"--server is {server!r}, which {words}" in typed.err
    assert table.read_bytes() == (DEBIAN / "sysstat").read_bytes()


def test_options_with_an_open_quote_are_bad_input(desk: Desk) -> None:
    typed = desk.types("cron", "wrap", str(DEBIAN / "sysstat"), "--options", "--handicap '60")
    assert typed.code == 2
    assert "cannot be split into words: No closing quotation" in typed.err


def test_a_job_that_no_table_has_is_refused(desk: Desk) -> None:
    table = str(DEBIAN / "sysstat")
    for words in (("wrap",), ("unwrap",), ("config",), ("manifests", "--image", "i")):
        typed = desk.types("cron", *words, table, "--only", "sysstat.debian-sa")
        assert typed.code == 2
        assert "the tables have no job 'sysstat.debian-sa'" in typed.err


def test_the_linter_fails_where_something_cannot_be_carried_over(desk: Desk) -> None:
    typed = desk.types("cron", "lint", str(DEBIAN / "logcheck"))
    assert typed.code == 1
    assert "logcheck:6: error: @reboot" in typed.out
    assert desk.types("cron", "lint", str(DEBIAN / "sysstat")).code == 0


def test_a_finding_about_a_wrapped_line_names_the_line_as_it_stands_now(desk: Desk) -> None:
    table = desk.folder / "sysstat"
    table.write_bytes((DEBIAN / "sysstat").read_bytes())
    before = desk.does("cron", "lint", str(table), "--json").document["findings"]
    desk.does("cron", "wrap", str(table), "--write")
    after = desk.does("cron", "lint", str(table), "--json").document["findings"]
    moved = {6: 7, 9: 11}
    assert [{**one, "line": moved.get(one["line"], 0)} for one in before] == after


def test_manifests_are_what_kubernetes_takes(desk: Desk) -> None:
    words = ("cron", "manifests", str(DEBIAN / "sysstat"), "--image", "acme/jobs:1")
    typed = desk.does(*words, "--namespace", "jobs", "--server", "memcached:11211")
    first, second = yaml.safe_load_all(typed.out)
    assert first["metadata"]["name"] == "sysstat-debian-sa1"
    assert second["metadata"]["namespace"] == "jobs"
    assert second["spec"]["schedule"] == "59 23 * * *"
    desk.does(*words, "-o", str(desk.folder / "out"))
    files = sorted(path.name for path in (desk.folder / "out").iterdir())
    assert files == ["sysstat-debian-sa1-2.yaml", "sysstat-debian-sa1.yaml"]


def test_a_line_that_is_no_cronjob_is_named_and_the_others_are_written(desk: Desk) -> None:
    typed = desk.types("cron", "manifests", str(DEBIAN / "logcheck"), "--image", "i")
    assert typed.code == 1
    assert "no CronJob for logcheck.logcheck: @reboot" in typed.err
    assert yaml.safe_load(typed.out)["metadata"]["name"] == "logcheck-logcheck-2"


def test_the_printed_sections_are_configuration(desk: Desk) -> None:
    typed = desk.does("cron", "config", str(DEBIAN), "--timezone", "Europe/Berlin")
    with (desk.folder / "crossfade.toml").open("a") as file:
        file.write(f'[lock]\nservers = ["127.0.0.1:1"]\n{typed.out}')
    told = desk.does("cron", "history", "php.sessionclean", "--json").document
    assert told["counts"]["ticks"] in {47, 48, 49}


def test_an_unknown_command_is_answered_with_the_nearest(desk: Desk) -> None:
    typed = desk.types("cron", "hystory")
    assert typed.code == 2
    assert "did you mean 'history'?" in typed.err


def test_the_overview_names_the_wrapper_too(desk: Desk) -> None:
    overview = desk.does("cron", "--help").out
    assert "run        Run a command if its tick is won." in overview
    assert "--job JOB" in desk.does("cron", "run", "--help").out


def test_the_wrapper_passes_the_commands_exit_code_on_even_with_closed_streams() -> None:
    options = ("--job", "j", "--schedule", "@daily", "--platform", "new", "--server", "127.0.0.1:1")
    by_hand = ("--manual", "--overlap", "allow", "--spool", "", "--log", "/dev/null")
    line = [sys.executable, "-m", "crossfade", "cron", "run", *options, *by_hand, "--"]
    for closing_words in ("", ">&-", ">&- 2>&-"):
        script = f'exec "$@" {closing_words}'
        done = subprocess.run(
            ["sh", "-c", script, "sh", *line, "sh", "-c", "echo out 2>/dev/null; exit 7"],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
        assert done.returncode == 7, done.stderr
        assert done.stdout == ("" if closing_words else "out\n")


@pytest.fixture
def cron_d(desk: Desk) -> Path:
    """A folder of tables, one of which cron runs."""
    folder = desk.folder / "cron.d"
    folder.mkdir()
    for name, content in {
        "jobs": "0 4 * * * root import.sh >> /var/log/import.log\n",
        "jobs~": "0 4 * * * root /opt/jobs\n",
        "jobs.bak": "0 4 * * * root /opt/jobs\n",
        "#jobs#": "0 4 * * * root /opt/jobs\n",
        "open": "0 4 * * * root /opt/jobs\n",
    }.items():
        (folder / name).write_text(content)
        (folder / name).chmod(0o666 if name == "open" else 0o644)
    return folder


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("MAILTO=\n0 5 * * * root /opt/x\n", "MAILTO= has no value"),
        ("*/15 * * * * cd /srv && ./run\n", "'cd' stands where the user has to, and is none"),
        ("* * * * * * root echo tick\n", "it has six fields of time"),
    ],
)  # fmt: skip
def test_what_cron_refuses_as_a_whole_is_refused_as_a_whole(
    desk: Desk, content: str, words: str
) -> None:
    table = desk.folder / "jobs"
    table.write_text(content)
    typed = desk.types("cron", "lint", str(table))
    assert typed.code == 2
    assert "jobs: error: Debian's cron refuses the whole table" in typed.out
    for verb in (("wrap", "--write"), ("config",), ("manifests", "--image", "i")):
        typed = desk.types("cron", *verb, str(table))
        assert typed.code == 2
        assert "refuses the whole table" in typed.err
        assert words in typed.err
    assert table.read_text() == content
    listed = desk.does("cron", "inventory", str(table), "--json").document
    assert (listed["jobs"], len(listed["not_run"])) == ([], 1)


def test_another_cron_passes_over_the_line_and_keeps_the_others(desk: Desk) -> None:
    table = desk.folder / "jobs"
    table.write_text("5/10 * * * * root /opt/a\n0 5 * * * root /opt/b\n")
    typed = desk.does("cron", "config", str(table), "--cron", "cronie")
    assert "jobs:1: cronie passes over it: the minute 5/10 has a step and no range" in typed.err
    assert typed.out.count("[crons.") == 1


def test_files_that_cron_passes_over_become_no_jobs(desk: Desk, cron_d: Path) -> None:
    typed = desk.types("cron", "lint", str(cron_d))
    assert typed.code == 1
    assert typed.out.count("[passed-over]") == 4
    told = desk.does("cron", "config", str(cron_d))
    assert told.out.count("[crons.") == 1
    assert told.err.count("Debian's cron passes over the file because") == 4
    assert desk.types("cron", "wrap", str(cron_d / "jobs.bak"), "--write").code == 2


def test_a_job_is_not_named_after_where_its_output_goes(desk: Desk, cron_d: Path) -> None:
    (job,) = desk.does("cron", "inventory", str(cron_d), "--json").document["jobs"]
    assert job["name"] == "jobs.import-sh"


def test_what_the_linter_calls_an_error_becomes_no_cronjob(desk: Desk) -> None:
    table = desk.folder / "jobs"
    table.write_text("0 12 */2 * 1 root /opt/odd\n0 5 * * * root /opt/x\n")
    typed = desk.types("cron", "manifests", str(table), "--image", "i")
    assert typed.code == 1
    assert "no CronJob for jobs.odd: cron runs it when day of month */2 and" in typed.err
    assert yaml.safe_load(typed.out)["metadata"]["name"] == "jobs-x"


def test_users_are_those_of_the_tables_host(desk: Desk) -> None:
    table, passwd = desk.folder / "jobs", desk.folder / "passwd"
    table.write_text("0 5 * * * deploy-bot /opt/x\n")
    passwd.write_text("root:x:0:0::/root:/bin/sh\n")
    typed = desk.does("cron", "config", str(table))
    assert "this host has no user deploy-bot" in typed.err
    assert desk.types("cron", "config", str(table), "--passwd", str(passwd)).code == 2
    passwd.write_text("deploy-bot:x:7:7::/:/bin/sh\n")
    assert "no user" not in desk.does("cron", "config", str(table), "--passwd", str(passwd)).err


def test_cpu_and_memory_come_from_the_jobs_section_and_the_linter_names_jobs_without(
    desk: Desk,
) -> None:
    table = desk.folder / "jobs"
    table.write_text("0 5 * * * root /opt/x\n0 6 * * * root /opt/y\n")
    with (desk.folder / "crossfade.toml").open("a") as file:
        file.write('[lock]\nservers = ["127.0.0.1:1"]\n[crons."jobs.x"]\nschedule = "0 5 * * *"\n')
        file.write('resources.requests = { cpu = "100m", memory = "128Mi" }\n')
        file.write('resources.limits = { memory = "512Mi" }\n')
    typed = desk.does("cron", "manifests", str(table), "--image", "i")
    first, second = (
        one["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
        for one in yaml.safe_load_all(typed.out)
    )
    assert first["resources"] == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"memory": "512Mi"},
    }
    assert "resources" not in second
    told = desk.does("cron", "lint", str(table)).out
    assert "no cpu and memory are set for jobs.y" in told


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ('requests = { cpu = "1 core" }', "no amount that Kubernetes reads"),
        ('requests = { memory = "128m" }', "less than one byte"),
        ('requests = { cpu = "2" }, limits = { cpu = "500m" }', "raise the limit"),
    ],
)
def test_resources_that_kubernetes_would_not_take_are_bad_input(
    desk: Desk, resources: str, words: str
) -> None:
    table = desk.folder / "jobs"
    table.write_text("0 5 * * * root /opt/x\n")
    with (desk.folder / "crossfade.toml").open("a") as file:
        file.write('[lock]\nservers = ["127.0.0.1:1"]\n[crons."jobs.x"]\nschedule = "0 5 * * *"\n')
        file.write(f"resources = {{ {resources} }}\n")
    typed = desk.types("cron", "manifests", str(table), "--image", "i")
    assert typed.code == 2
    assert words in typed.err
    assert not typed.out
