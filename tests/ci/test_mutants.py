"""How survivors are held against the list of those that stay, and which tests a module has."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = ROOT / ".ci/mutants.py"
LISTED = """
sample = ["crossfade/plan/one.py"]
[[stays]]
reason = "the same value"
mutants = ['''
crossfade.plan.one.double
-    return n * 2
+    return n + n
''']
"""


@pytest.fixture(scope="module")
def program() -> Any:
    spec = importlib.util.spec_from_file_location("mutants", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "mutants.toml"
    path.write_text(LISTED)
    return path


def problems(program: Any, listed: Path, *survivors: Any, modules: str = "one") -> list[str]:
    """What is wrong when these survived in these modules of the plan."""
    names = [f"crossfade.plan.{name}" for name in modules.split()]
    found: list[str] = program.compared(
        dict.fromkeys(survivors, "survived"), program.kept(listed).stays, names
    )
    return found


def test_a_survivor_that_is_listed_stays(program: Any, listed: Path) -> None:
    known = program.Mutant("crossfade.plan.one.double", "-    return n * 2\n+    return n + n")
    assert problems(program, listed, known) == []


def test_a_survivor_that_is_not_listed_is_shown_as_the_change_that_no_test_saw(
    program: Any, listed: Path
) -> None:
    known = program.Mutant("crossfade.plan.one.double", "-    return n * 2\n+    return n + n")
    new = program.Mutant("crossfade.plan.one.double", "-    return n * 2\n+    return n * 3")
    (problem,) = problems(program, listed, known, new)
    assert problem == f"survived, and no reason is given:\n{new}"


def test_an_entry_that_is_killed_by_now_is_told_where_its_module_was_mutated(
    program: Any, listed: Path
) -> None:
    (problem,) = problems(program, listed)
    assert problem.startswith("survives no more, take it from the list:\ncrossfade.plan.one.double")
    assert problems(program, listed, modules="two on") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LISTED.replace("the same value", " "), "say for what reason crossfade.plan.one.double"),
        (LISTED + LISTED.partition("[[stays]]")[2].join(["[[stays]]", ""]), "stands there twice"),
    ],
)
def test_each_entry_has_a_reason_and_stands_there_once(
    program: Any, listed: Path, text: str, said: str
) -> None:
    listed.write_text(text)
    with pytest.raises(ValueError, match=said):
        program.kept(listed)


def test_a_modules_tests_are_those_that_are_named_or_its_mirror(
    program: Any, tmp_path: Path
) -> None:
    (tmp_path / "tests/plan/rooms").mkdir(parents=True)
    (tmp_path / "tests/plan/test_one.py").touch()
    named = {"crossfade/plan/three.py": ["tests/elsewhere.py"]}
    for module, tests in {
        "crossfade/plan/one.py": ["tests/plan/test_one.py"],
        "crossfade/plan/rooms/two.py": ["tests/plan/rooms"],
        "crossfade/plan/three.py": ["tests/elsewhere.py"],
    }.items():
        assert program.tests_of(module, named, tmp_path) == tests
    with pytest.raises(ValueError, match=r"crossfade/other/four\.py has no tests in tests/other"):
        program.tests_of("crossfade/other/four.py", named, tmp_path)


@pytest.mark.parametrize("name", ["crossfade/plan/nowhere.py", "tests/conftest.py"])
def test_what_is_no_module_is_refused_in_one_sentence(name: str) -> None:
    ended = subprocess.run(
        [sys.executable, PROGRAM, name], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr == f"{name} is no module of crossfade/: name files, from the root\n"


def test_what_the_list_names_is_there_and_belongs_to_the_sample(program: Any) -> None:
    known = program.kept(program.LIST)
    for path in [
        *known.sample,
        *known.tests,
        *(one for group in known.tests.values() for one in group),
    ]:
        assert (ROOT / path).exists(), path
    modules = tuple(program.dotted(module) + "." for module in known.sample)
    for mutant in known.stays:
        assert mutant.where.startswith(modules), mutant
