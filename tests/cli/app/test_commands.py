"""The table of commands: each is there, explains itself, and is found though it is misspelt."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest

from crossfade.cli import main
from crossfade.cli.app.commands import COMMANDS, crossfade
from crossfade.settings import load
from tests.repository import README

if TYPE_CHECKING:
    from pathlib import Path

CONTRACT = {
    "publish": {"--component", "--version", "--commit", "--json"},
    "promote": {"--with", "--dry-run", "--plan", "--json"},
    "rollback": {"--to", "--mode", "--dry-run", "--plan", "--json"},
    "purge": {"--component", "--keep", "--versions", "--apply", "--plan", "--json"},
    "releases": set(),
    "status": {"--json"},
    "history": {"--at", "--limit", "--json"},
    "resume": {"--take-over", "--json"},
    "reverse": {"--to", "--take-over", "--dry-run", "--json"},
}


def command(name: str) -> click.Command:
    """Load a command."""
    found = crossfade.get_command(click.Context(crossfade), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", CONTRACT)
def test_each_command_of_the_contract_has_its_options(name: str) -> None:
    options = {option for one in command(name).params for option in one.opts}
    assert options >= CONTRACT[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_the_one_of_its_name_and_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(name).name == name
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: crossfade {name} ")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_line_of_the_overview_is_one_short_sentence(name: str) -> None:
    assert re.fullmatch(r"[A-Z][^.]+\.", COMMANDS[name].help)
    assert len(COMMANDS[name].help) < 60


def test_the_overview_lists_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name, entry in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(entry.help)}$", out, re.MULTILINE)


def test_a_misspelt_command_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["promot"]) == 2
    assert "there is no command 'promot'; did you mean 'promote'?" in capsys.readouterr().err


def test_an_unknown_command_leads_to_the_overview(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["xyzzy"]) == 2
    assert "`crossfade --help` lists them" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"crossfade \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_the_readme_names_every_command() -> None:
    readme = README.read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"crossfade {name}" in readme


def readme_blocks(language: str) -> list[str]:
    """Return the README's blocks of code in one language."""
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def readme_commands() -> list[list[str]]:
    """Return the commands that the README tells its reader to type."""
    lines = [line for block in readme_blocks("sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("crossfade ")]


@pytest.mark.parametrize("words", readme_commands(), ids=" ".join)
def test_each_command_in_the_readme_can_be_typed(words: list[str]) -> None:
    name, *arguments = words[1:]
    assert command(name).make_context(name, arguments) is not None


def test_the_readmes_configuration_is_read_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crossfade.toml").write_text("\n".join(readme_blocks("toml")))
    monkeypatch.chdir(tmp_path)
    settings = load()
    assert settings.environments["production"].root == "live/"
    assert settings.cron(settings.migration("shop").stages[1].crons[0]).timezone == "Europe/Berlin"


def test_each_file_that_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8"))
    here = [link for link in links if "://" not in link]
    assert here
    assert [link for link in here if not (README.parent / link).exists()] == []


def test_the_shell_completes_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def completed(words: str, place: int) -> str:
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(place))
        monkeypatch.setenv("_CROSSFADE_COMPLETE", "bash_complete")
        with pytest.raises(SystemExit):
            main([])
        return capsys.readouterr().out

    assert completed("crossfade ro", 1) == "plain,rollback\n"
    assert completed("crossfade releases ", 2).splitlines() == [
        "plain,list",
        "plain,pin",
        "plain,unpin",
    ]
