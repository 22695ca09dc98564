"""Settings: what is read from where, and that whatever is wrong is one sentence with the mend."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import pytest

from crossfade.cli import main
from crossfade.errors import BadInput
from crossfade.settings import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONTRACT = """
[state]
bucket = "acme-state"

[releases]
bucket = "acme-front"            # prefix = "releases"

[components.web]
entry_pages = ["index.html"]     # copied last; path = "" is the component's folder under the root

[environments.production]
bucket = "acme-front"
root = ""
distribution_id = "E123"
url = "https://app.acme.example" # optional: verified over HTTP after a promote
keep_releases = 5
asset_grace = 2

[lock]
servers = ["127.0.0.1:11211"]

[migrations.shop]
zone = "Z123"
records = ["shop.acme.example"]                          # every type found there moves together
legacy = { target = "legacy-lb.example", load_balancer = "app/legacy/1" }
new    = { target = "k8s-lb.example", load_balancer = "app/k8s/1" }   # alias or CNAME
stages = [
  { name = "canary", share = 1, bake = "30m", gates = ["errors", "measured-share"] },
  { name = "half", share = 50, bake = "2h", crons = ["reports.daily"], approval = true },
  { name = "all", share = 100 },
]
"""

SMALL = """
[state]
bucket = "acme-state"
[releases]
bucket = "acme-front"
[components.web]
[environments.production]
bucket = "acme-front"
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Write the configuration file of the working directory."""
    monkeypatch.chdir(tmp_path)

    def written(text: str) -> Path:
        file = tmp_path / "crossfade.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return written


def wrong() -> str:
    """Return the sentence that says what is wrong, whether it stops everything or a part."""
    try:
        (text,) = load().wrong.values()
    except BadInput as error:
        text = str(error)
    assert "\n" not in text
    return text


def test_the_contracts_configuration_is_read_as_it_is(write: Callable[[str], Path]) -> None:
    write(CONTRACT)
    settings = load()
    production = settings.environments["production"]
    assert settings.state.bucket == "acme-state"
    assert (settings.state.prefix, settings.releases.prefix) == ("journal/", "releases/")
    assert settings.components["web"].entry_pages == ("index.html",)
    assert (production.root, production.keep_releases, production.asset_grace) == ("", 5, 2)
    assert settings.lock.servers == ("127.0.0.1:11211",)
    assert list(settings.migrations) == ["shop"]


def test_the_file_is_where_the_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.toml").write_text(SMALL)
    monkeypatch.setenv("CROSSFADE_CONFIG", str(tmp_path / "other.toml"))
    assert load().state.bucket == "acme-state"


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ('"90s"', timedelta(seconds=90)),
        ('"30m"', timedelta(minutes=30)),
        ('"2h"', timedelta(hours=2)),
        ('"1h30m"', timedelta(hours=1, minutes=30)),
        ('"7d"', timedelta(days=7)),
        ("120", timedelta(minutes=2)),
    ],
)
def test_durations_are_written_as_people_do(
    write: Callable[[str], Path], written: str, means: timedelta
) -> None:
    write(SMALL.replace("[releases]", f"lease = {written}\n[releases]"))
    assert load().state.lease == means


@pytest.mark.parametrize("written", ["apps/web", "/apps/web/", "apps/web/"])
def test_folders_have_one_form_however_they_are_written(
    write: Callable[[str], Path], written: str
) -> None:
    write(f'{SMALL}root = "{written}"\n')
    assert load().environments["production"].root == "apps/web/"


Override: TypeAlias = "tuple[str, str, Callable[[], object], object]"
OVERRIDES: list[Override] = [
    ("CROSSFADE__STATE__BUCKET", "other", lambda: load().state.bucket, "other"),
    ("crossfade__state__bucket", "other", lambda: load().state.bucket, "other"),
    ("CROSSFADE__STATE__LEASE", "5m", lambda: load().state.lease, timedelta(minutes=5)),
    (
        "CROSSFADE__ENVIRONMENTS__PRODUCTION__BUCKET",
        "other",
        lambda: load().environments["production"].bucket,
        "other",
    ),
    (
        "CROSSFADE__ENVIRONMENTS__PRODUCTION__KEEP_RELEASES",
        "9",
        lambda: load().environments["production"].keep_releases,
        9,
    ),
    (
        "CROSSFADE__ENVIRONMENTS__PREVIEW__BUCKET",
        "other",
        lambda: sorted(load().environments),
        ["preview", "production"],
    ),
    (
        "CROSSFADE__ENVIRONMENTS",
        '{"production": {"runtime": {"apiUrl": "https://api.example"}}}',
        lambda: load().environments["production"].runtime,
        {"apiUrl": "https://api.example"},
    ),
    ("CROSSFADE__LOCK__SERVERS", '["a:1", "b:2"]', lambda: load().lock.servers, ("a:1", "b:2")),
    (
        "CROSSFADE__COMPONENTS__WEB__ENTRY_PAGES",
        '["*.html"]',
        lambda: load().components["web"].entry_pages,
        ("*.html",),
    ),
]


@pytest.mark.parametrize("override", OVERRIDES, ids=lambda override: override[0])
def test_a_variable_overrides_the_file(
    write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, override: Override
) -> None:
    name, value, read, means = override
    write(SMALL)
    monkeypatch.setenv(name, value)
    assert read() == means


def test_variables_alone_are_a_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSFADE__STATE__BUCKET", "acme-state")
    monkeypatch.setenv("CROSSFADE__RELEASES__BUCKET", "acme-front")
    assert load().releases.bucket == "acme-front"


def test_a_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert wrong().startswith("there is no configuration file crossfade.toml: write one")
    monkeypatch.setenv("CROSSFADE__STATE__BUCKET", "acme-state")
    monkeypatch.setenv("CROSSFADE_CONFIG", "elsewhere.toml")
    assert wrong().startswith("there is no configuration file elsewhere.toml")


SENTENCES = [
    (
        "",
        (
            "the section [state] is missing: add it to crossfade.toml with its bucket, or set "
            "CROSSFADE__STATE__BUCKET"
        ),
    ),
    (
        SMALL.replace("[state]\nbucket", "[state]\nprefix"),
        "state.bucket is missing: set it in crossfade.toml, or as CROSSFADE__STATE__BUCKET",
    ),
    (SMALL + "[relases]\n", "crossfade.toml: relases is not a setting (did you mean 'releases'?)"),
    (
        SMALL + "keep_release = 3\n",
        (
            "crossfade.toml: environments.production.keep_release is not a setting (did you mean "
            "'keep_releases'?): correct its name or remove it; known there: asset_grace, bucket"
        ),
    ),
    (
        SMALL.replace("[components.web]", "[components.web]\nentry_page = []"),
        "components.web.entry_page is not a setting (did you mean 'entry_pages'?)",
    ),
    (SMALL + "x = = 3\n", "crossfade.toml is not valid TOML: Invalid value (at line 9, column 5)"),
    (SMALL + SMALL, "crossfade.toml is not valid TOML: Cannot declare"),
    (
        SMALL.replace("[releases]", 'lease = "3 minutes"\n[releases]'),
        "state.lease = '3 minutes' is wrong: a duration is written like 90s, 30m, 2h, 1h30m or 7d",
    ),
    (
        SMALL.replace("[releases]", "lease = -5\n[releases]"),
        "state.lease = -5 is wrong: a duration",
    ),
    (
        SMALL.replace("[releases]", "lease = true\n[releases]"),
        "state.lease = True is wrong: a dura",
    ),
    (
        SMALL.replace("[releases]", 'lease = "89s"\n[releases]'),
        "state.lease = 1 min 29 s is wrong: it must be greater than or equal to 1 minute and 30 s",
    ),
    (
        SMALL.replace('"acme-state"', '""'),
        "state.bucket = '' is wrong: it must have at least 3 characters",
    ),
    (
        SMALL.replace('[state]\nbucket = "acme-state"', 'state = "x"'),
        "state = 'x' is wrong: it must be a section with keys of its own",
    ),
    (SMALL + "keep_releases = 0\n", "keep_releases = 0 is wrong: it must be greater than or equal"),
    (SMALL + 'keep_releases = "many"\n', "keep_releases = 'many' is wrong: it must be a valid int"),
    (SMALL + 'url = "app.acme.example"\n', "is wrong: an address begins with https:// or http://"),
    (
        SMALL + 'url = "https://user:s3cret@app.acme.example"\n',
        "url = 'https://…@app.acme.example' is wrong: an address has no user and password in it",
    ),
    (SMALL + 'verify = "yes"\n', "verify = 'yes' is wrong: it must be 'report' or 'rollback'"),
    (SMALL + 'invalidation = "some"\n', "is wrong: it must be 'all' or 'changed'"),
    (SMALL + 'root = "a/../b"\n', "root = 'a/../b' is wrong: a folder is written like `apps/web`"),
    (
        SMALL.replace("components.web", "components.Web"),
        "crossfade.toml: components.Web is wrong: a name has 1 to 64 of a-z, 0-9",
    ),
    (
        SMALL.replace("[components.web]", '[components.web]\nentry_pages = "index.html"'),
        'entry_pages = \'index.html\' is wrong: it must be a list, such as ["one", "two"]',
    ),
]


@pytest.mark.parametrize(("text", "says"), SENTENCES)
def test_what_is_wrong_in_the_file_is_one_sentence_that_names_the_key_and_the_mend(
    write: Callable[[str], Path], text: str, says: str
) -> None:
    write(text)
    assert says in wrong()


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize(
    "key",
    [
        "times",
        "false_returns",
        "max_ratio",
        "max_times",
        "max_seconds",
        "slack",
        "min_certificate_days",
    ],
)
def test_a_limit_is_a_number(write: Callable[[str], Path], key: str, value: str) -> None:
    write(f"{CONTRACT}\n[migrations.shop.gates.errors]\n{key} = {value}\n")
    assert f"migrations.shop.gates.errors.{key} = {value} is wrong: it must be" in wrong()


def test_a_file_that_is_no_text_is_named(write: Callable[[str], Path]) -> None:
    write(SMALL).write_bytes(b"# \xff\n")
    assert wrong() == "crossfade.toml is not valid TOML: it is not text in UTF-8"


VARIABLES = [
    (
        "CROSSFADE__STATE__LEASE",
        "soon",
        "CROSSFADE__STATE__LEASE (for state.lease) = 'soon' is wrong: a duration is written like",
    ),
    (
        "CROSSFADE__STATE__LAESE",
        "5m",
        "CROSSFADE__STATE__LAESE (for state.laese) is not a setting (did you mean 'lease'?)",
    ),
    (
        "CROSSFADE__STAT__BUCKET",
        "other",
        "CROSSFADE__STAT__BUCKET is not a setting (did you mean 'state'?): correct its name",
    ),
    (
        "CROSSFADE__ENVIRONMENTS__PRODUCTION__BUKET",
        "other",
        "environments.production.buket) is not a setting (did you mean 'bucket'?)",
    ),
    (
        "CROSSFADE__LOCK__SERVERS",
        "a:1",
        (
            "CROSSFADE__LOCK__SERVERS = 'a:1' is wrong: a list or a section in a variable is "
            'written as JSON, such as ["one", "two"]'
        ),
    ),
    ("CROSSFADE__STATE", "{bad", "CROSSFADE__STATE = '{bad' is wrong: a list or a section"),
]


@pytest.mark.parametrize(("name", "value", "says"), VARIABLES)
def test_what_is_wrong_in_a_variable_is_one_sentence_that_names_the_variable(
    write: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    says: str,
) -> None:
    write(SMALL)
    monkeypatch.setenv(name, value)
    assert says in wrong()


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        (
            "environment",
            "prodution",
            (
                "there is no environment 'prodution' in the configuration (did you mean "
                "'production'?): name one of production, or add [environments.prodution]"
            ),
        ),
        (
            "component",
            "checkout",
            (
                "there is no component 'checkout' in the configuration: name "
                "one of web, or add [components.checkout]"
            ),
        ),
    ],
)
def test_a_name_that_is_not_configured_is_answered_with_those_that_are(
    write: Callable[[str], Path], kind: str, name: str, says: str
) -> None:
    write(SMALL)
    settings = load()
    ask = settings.environment if kind == "environment" else settings.component
    with pytest.raises(BadInput) as raised:
        ask(name)
    assert str(raised.value) == says


def test_at_the_command_line_it_is_one_line_and_exit_code_2(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write(SMALL.replace("[state]\nbucket", "[state]\nbuckt"))
    assert main(["status"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("bad input: ")
    assert err.count("\n") == 1


def test_a_wrong_section_stops_what_is_about_it_and_nothing_else(
    write: Callable[[str], Path],
) -> None:
    write(f"{SMALL}keep_release = 3\n[environments.staging]\nbucket = 'acme-front'\n")
    settings = load()
    assert list(settings.environments) == ["staging"]
    assert settings.without() == (
        "left out, because it is wrong: environments.production (see `crossfade doctor`)"
    )
    with pytest.raises(BadInput, match="keep_release is not a setting"):
        settings.environment("production")
    for subject in ("sites/staging/web", "releases/web"):  # it may have said what is beside them
        with pytest.raises(BadInput, match="keep_release is not a setting"):
            settings.refuse_wrong(subject)
    settings.refuse_wrong("migrations/shop")


def test_without_a_right_place_for_releases_only_sites_stand_still(
    write: Callable[[str], Path],
) -> None:
    write(SMALL.replace("[releases]\nbucket", "[releases]\nbuckt"))
    settings = load()
    for subject in ("sites/production/web", "releases/web"):
        with pytest.raises(BadInput, match=r"releases\.bucket is missing"):
            settings.refuse_wrong(subject)
    with pytest.raises(BadInput, match=r"releases\.bucket is missing"):
        settings.releases_place()
    settings.refuse_wrong("migrations/shop")
    settings.refuse_wrong("crons/reports.daily")


def test_a_configuration_of_migrations_alone_needs_no_place_for_releases(
    write: Callable[[str], Path],
) -> None:
    write("[state]\nbucket = 'acme-state'\n")
    with pytest.raises(BadInput, match=r"there is no \[releases\] in the configuration: add it"):
        load().releases_place()


@pytest.mark.parametrize("text", ["stop_migration = 'freeze'\n", "[purge]\nmax_deletes = 0\n"])
def test_what_may_have_been_about_everything_stops_all_that_goes_forward(
    write: Callable[[str], Path], text: str
) -> None:
    write(f"{text}{SMALL}")
    settings = load()
    for subject in ("sites/production/web", "migrations/shop", "crons/reports.daily"):
        with pytest.raises(BadInput):
            settings.refuse_wrong(subject)
