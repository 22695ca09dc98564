"""The models speak of what is in the code, and switch off every guard that they have."""

from __future__ import annotations

import re

import pytest

from tests.repository import ROOT

PROOFS = ROOT / "proofs"
README = (PROOFS / "README.md").read_text()
MODELS = ("Lease", "Claim")
CHECKS = re.sub(r"\s+", " ", (PROOFS / "check.py").read_text())


def model(name: str) -> str:
    return (PROOFS / f"{name}.tla").read_text()


def in_backticks(column: int) -> set[str]:
    """Names in one column of the tables that lead from the models to the code."""
    tables = re.findall(r"\| in the model \|.*?\n\n", README, re.DOTALL)
    rows = [line.split("|") for table in tables for line in table.splitlines()[2:] if line]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row[column])}


def test_each_name_that_the_models_are_explained_by_is_in_the_code() -> None:
    code = "".join(path.read_text() for path in (ROOT / "crossfade").rglob("*.py"))
    words = set(re.findall(r"\w+", code))
    names = in_backticks(2)
    assert len(names) > 20
    for name in names:
        if name.endswith(".py"):
            assert list((ROOT / "crossfade").rglob(name.removeprefix("crossfade/"))), name
        elif name.endswith("/"):
            assert (ROOT / name).is_dir(), name
        else:
            assert words.issuperset(name.split(".")), name


def test_each_name_of_the_models_that_is_explained_is_in_them() -> None:
    words = set(re.findall(r"[\w ]*\w", "".join(map(model, MODELS)))) | set(
        re.findall(r"\w+", "".join(map(model, MODELS)))
    )
    assert in_backticks(1) <= words


@pytest.mark.parametrize("name", MODELS)
def test_each_guard_is_switched_off_in_a_check_and_told_of(name: str) -> None:
    constants = model(name).partition("The guards; FALSE leaves one out.")[2].partition("\n\n")[0]
    guards = re.findall(r"^  (\w+)", constants, re.MULTILINE)
    assert len(guards) > 5
    for guard in guards:
        assert re.search(rf'Check\( ?"{name}[a-z-]*\.cfg", "{guard}", "\w+"', CHECKS), guard
        assert f"`{guard}`" in README, guard


@pytest.mark.parametrize("path", sorted(PROOFS.glob("*.cfg")), ids=lambda path: path.name)
def test_a_configuration_leaves_every_guard_on(path: object) -> None:
    text = (PROOFS / str(path)).read_text()
    off = re.findall(r"^  (\w+) = FALSE$", text, re.MULTILINE)
    assert off in ([], ["Foreign"])
