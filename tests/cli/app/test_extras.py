"""What is not installed is named by the extra that brings it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions

import click
import grimp
import pytest
from packaging.utils import canonicalize_name

from crossfade.cli.app.app import run
from crossfade.cli.app.extras import EXTRAS
from tests.installed import closure
from tests.repository import ROOT


def failing(error: BaseException) -> click.Command:
    """Return a command that fails."""

    @click.command
    def fails() -> None:
        raise error

    return fails


@pytest.mark.parametrize(
    ("module", "extra"), [("moto.server", "local"), ("kubernetes", "kubernetes"), ("boto3", "aws")]
)
def test_a_command_that_misses_a_module_names_its_extra(
    module: str, extra: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([], failing(ModuleNotFoundError("none", name=module))) == 2
    name = module.partition(".")[0]
    said = f"bad input: {name} is not installed, and this command needs it: "
    assert capsys.readouterr() == ("", f"{said}pip install 'crossfade[{extra}]'\n")


@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError("none", name="crossfade.plan.gone"),
        ModuleNotFoundError("none"),
        ImportError("x", name="moto"),
    ],
)
def test_a_module_that_no_extra_brings_is_a_fault(
    error: ImportError, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([], failing(error)) == 1
    assert "This is a fault in crossfade" in capsys.readouterr().err


def started_without(modules: tuple[str, ...], *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process where some modules cannot be imported."""
    block = f"import sys; sys.modules.update(dict.fromkeys({modules!r}));"
    code = f"{block} from crossfade.cli import main; sys.exit(main({list(words)!r}))"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("module", ["click", "pydantic", "pydantic_settings", "boto3"])
def test_without_what_operators_need_a_reader_says_so_in_one_line(module: str) -> None:
    ended = started_without((module,), "history", "sites/production/web")
    said = f"bad input: {module} is not installed, and this command needs it: "
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"{said}pip install 'crossfade[aws]'\n"


@pytest.mark.parametrize("words", [("up",), ("demo",), ("demo-migration",), ("demo-cron",)])
def test_the_stack_asks_for_its_whole_extra_whatever_is_missed_first(words: tuple[str]) -> None:
    ended = started_without(("prefect", "moto", "werkzeug", "matplotlib"), "local", *words)
    assert ended.returncode == 2, ended
    assert ended.stderr.endswith("pip install 'crossfade[local]'\n"), ended


def test_every_module_of_others_belongs_to_the_package_itself_or_to_an_extra() -> None:
    graph = grimp.build_graph(
        "crossfade", include_external_packages=True, exclude_type_checking_imports=True
    )
    others = {
        foreign.partition(".")[0]
        for module in graph.modules
        if module.startswith("crossfade")
        for foreign in graph.find_modules_directly_imported_by(module)
        if not foreign.startswith("crossfade")
    }
    known = {"cronsim", "pymemcache"} | {name for names in EXTRAS.values() for name in names}
    assert others - set(sys.stdlib_module_names) <= known


@pytest.mark.parametrize("extra", EXTRAS)
def test_each_extra_brings_the_modules_that_are_said_to_be_its_own(extra: str) -> None:
    brought = closure("crossfade", [extra])
    homes = packages_distributions()
    for module in EXTRAS[extra]:
        assert {canonicalize_name(home) for home in homes[module]} & brought.keys(), module
