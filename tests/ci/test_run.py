"""What `.ci/run` does and how it closes, on a checkout whose Makefile only pretends."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TESTED = '<testsuites><testsuite tests="{}" failures="{}" errors="0" skipped="{}"/></testsuites>'
TARGETS = re.findall(
    r"^(step|suite) \d+ ([a-z0-9-]+)$", (ROOT / ".ci/run").read_text(), re.MULTILINE
)
STEPS = [name for kind, name in TARGETS if kind == "step"]
SUITES = [name for kind, name in TARGETS if kind == "suite"]


@dataclass
class Checkout:
    """A folder with `.ci` and a Makefile; a recipe is one line of shell for each target."""

    folder: Path
    recipes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / ".ci", self.folder / ".ci")
        (self.folder / ".venv/bin").mkdir(parents=True)
        (self.folder / ".venv/bin/python").symlink_to(sys.executable)
        self.recipes = dict.fromkeys(("setup", *STEPS), "true")
        for name in SUITES:
            self.tests(name, passed=3)

    def tests(self, name: str, *, passed: int = 0, failed: int = 0, skipped: int = 0) -> None:
        """Let a suite end so, and report it."""
        report = TESTED.format(passed + failed + skipped, failed, skipped)
        code = 1 if failed else 0
        self.recipes[name] = f"echo '{report}' > $(REPORT)/{name}.xml; exit {code}"

    def runs(self) -> subprocess.CompletedProcess[str]:
        """Run CI as a machine does."""
        rules = [f"{name}:\n\t@echo {name} >> done; {do}\n" for name, do in self.recipes.items()]
        (self.folder / "Makefile").write_text("".join(rules))
        return subprocess.run(
            ["bash", ".ci/run"], cwd=self.folder, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip

    @property
    def done(self) -> list[str]:
        """The targets that were made, in order."""
        return (self.folder / "done").read_text().split()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def closing(ended: subprocess.CompletedProcess[str]) -> str:
    """The last line."""
    return ended.stdout.splitlines()[-1]


def test_it_closes_with_one_line_over_all_that_ran(checkout: Checkout) -> None:
    checkout.tests("test", passed=40, skipped=2)
    ended = checkout.runs()
    passed = len(STEPS) + 3 * (len(SUITES) - 1) + 40
    assert closing(ended) == f"{passed} passed, 0 failed, 2 skipped"
    assert ended.returncode == 0
    assert checkout.done == ["setup", *(name for _, name in TARGETS)]


def test_what_fails_stops_nothing_and_is_counted(checkout: Checkout) -> None:
    checkout.recipes["check"] = "exit 3"
    checkout.tests("test", passed=7, failed=2)
    ended = checkout.runs()
    passed = len(STEPS) - 1 + 3 * (len(SUITES) - 1) + 7
    assert closing(ended) == f"{passed} passed, 3 failed"
    assert "`make check` ended with 2" in ended.stdout
    assert ended.returncode == 1
    assert checkout.done == ["setup", *(name for _, name in TARGETS)]


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("true", "`make {0}` wrote no {0}.xml, so that none of its tests counts"),
        ("echo '<testsuite tests=' > $(REPORT)/{0}.xml", "`make {0}` left a {0}.xml that cannot"),
        (f"echo '{TESTED.format(0, 0, 0)}' > $(REPORT)/{{0}}.xml", "`make {0}` ran no test"),
        (f"echo '{TESTED.format(5, 0, 5)}' > $(REPORT)/{{0}}.xml", "`make {0}` ran no test"),
        (f"echo '{TESTED.format(3, 0, 0)}' > $(REPORT)/{{0}}.xml; exit 3", "`make {0}` ended with"),
    ],
)
def test_a_suite_without_results_fails_with_a_sentence(
    name: str, recipe: str, said: str, checkout: Checkout
) -> None:
    checkout.recipes[name] = recipe.format(name)
    ended = checkout.runs()
    assert said.format(name) in ended.stdout
    assert ", 1 failed" in closing(ended)
    assert ended.returncode == 1


def test_without_its_set_up_nothing_is_tested(checkout: Checkout) -> None:
    checkout.recipes["setup"] = "exit 1"
    ended = checkout.runs()
    assert closing(ended) == "0 passed, 1 failed"
    assert ended.returncode == 1
    assert checkout.done == ["setup"]


def test_a_suite_that_takes_too_long_still_reports_what_it_ran(checkout: Checkout) -> None:
    script = checkout.folder / ".ci/run"
    script.write_text(script.read_text().replace("$(($1 * 60))", "$(($1 / 12 + 1))"))
    (checkout.folder / "so-far.xml").write_text(TESTED.format(6, 0, 0))
    checkout.recipes["test"] = "trap 'cp so-far.xml $(REPORT)/test.xml; exit 130' INT; sleep 50"
    ended = checkout.runs()
    assert "`make test` did not end in time" in ended.stdout
    assert "test: 6 passed, 1 failed" in ended.stdout


def test_each_target_is_there_and_all_limits_together_are_an_hour_at_most() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for _, name in TARGETS:
        assert f"\n{name}: " in makefile
    limits = re.findall(
        r"^(?:step|suite|if ! limited) (\d+) ", (ROOT / ".ci/run").read_text(), re.MULTILINE
    )
    assert len(limits) == len(TARGETS) + 1
    assert sum(map(int, limits)) <= 60
