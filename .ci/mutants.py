"""Mutates the code, and fails where no test sees it: `make mutants`.

It has mutmut mutate some modules in a folder of their own and run the tests that belong to them. A
mutant that all of them pass is a survivor. `.ci/mutants.toml` says which modules are mutated where
none is named, which tests belong to a module, and which survivors stay, each with its reason:

- a survivor that the list does not name fails, and is shown as the change that no test saw;
- an entry that is killed by now, or whose line is gone, is reported and fails too, so that the list
  says what is true.

A mutant is named by its function and by its lines before and after; they stay the same while the
rest of the module changes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / ".ci/mutants.toml"
FOLDER = ROOT / ".mutants"
COPIED = ("crossfade", "flows", "tasks", "tests", "pyproject.toml")
CHILDREN = "2"

KILLED = frozenset({"killed", "timeout", "segfault"})
"""How mutmut calls what some test saw; anything else counts as survived."""


class Mutant(NamedTuple):
    """One change to one function.

    Attributes:
        where: `module.function`, or `module.Class.method`.
        change: The lines that it takes away and those that it puts there, as in a diff.
    """

    where: str
    change: str

    def __str__(self) -> str:
        """As an entry of the list writes it."""
        return f"{self.where}\n{self.change}"


class Kept(NamedTuple):
    """What `.ci/mutants.toml` says.

    Attributes:
        sample: The modules that are mutated where none is named.
        tests: The tests of a module where they are others than its mirror's.
        stays: The survivors that stay, each with its reason.
    """

    sample: tuple[str, ...]
    tests: dict[str, list[str]]
    stays: dict[Mutant, str]


def kept(path: Path) -> Kept:
    """Read the list.

    Raises:
        ValueError: A survivor stays without a reason, or stands there twice.
    """
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    stays: dict[Mutant, str] = {}
    for group in read.get("stays", []):
        if not group.get("reason", "").strip():
            raise ValueError(f"{path.name}: say for what reason {group['mutants'][0]} stays")
        for written in group["mutants"]:
            where, _, change = written.strip().partition("\n")
            mutant = Mutant(where, change)
            if mutant in stays:
                raise ValueError(f"{path.name}: stands there twice: {mutant}")
            stays[mutant] = group["reason"]
    return Kept(tuple(read["sample"]), read.get("tests", {}), stays)


def tests_of(module: str, known: dict[str, list[str]], root: Path) -> list[str]:
    """Return the tests that belong to a module: those that the list names, else its mirror.

    The mirror is the test file of its name, or where there is none, the folder.

    Raises:
        ValueError: There are none.
    """
    folder, _, name = module.removeprefix("crossfade/").rpartition("/")
    mirror = [f"tests/{folder}/test_{name}", f"tests/{folder}"]
    found = known.get(module) or [path for path in mirror if (root / path).exists()][:1]
    if not found:
        raise ValueError(f"{module} has no tests in tests/{folder}: name them in .ci/mutants.toml")
    return found


def compared(
    survivors: dict[Mutant, str], stays: dict[Mutant, str], modules: list[str]
) -> list[str]:
    """Return what is wrong between the survivors and the list, for the modules that were mutated.

    Args:
        survivors: Each survivor with what mutmut calls it: `survived`, `no tests`.
        stays: The list.
        modules: Dotted names.
    """
    asked = [one for one in stays if one.where.startswith(tuple(f"{name}." for name in modules))]
    new = [mutant for mutant in survivors if mutant not in stays]
    gone = [mutant for mutant in asked if mutant not in survivors]
    return [
        *(f"{survivors[mutant]}, and no reason is given:\n{mutant}" for mutant in new),
        *(f"survives no more, take it from the list:\n{mutant}" for mutant in gone),
    ]


def configuration(modules: list[str], tests: list[str]) -> str:
    """Return mutmut's section of pyproject.toml."""
    values = {
        "source_paths": ["crossfade", "flows", "tasks"],
        "only_mutate": modules,
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-m", "not slow and not seaweed"],
        "use_git_change_detection": False,
        "timeout_constant": 5.0,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(["", "[tool.mutmut]", *lines, ""])


def mutated(modules: list[str], tests: list[str]) -> None:
    """Make the folder anew and run mutmut there.

    Raises:
        RuntimeError: It did not come to its end, as when the tests fail without a mutant.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, FOLDER / name, ignore=shutil.ignore_patterns("*.pyc"))
        else:
            shutil.copy(ROOT / name, FOLDER)
    with (FOLDER / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(configuration(modules, tests))
    program = str(Path(sys.executable).parent / "mutmut")
    with (FOLDER / "log").open("w", encoding="utf-8") as log:
        ended = subprocess.run(  # noqa: S603  our own tool
            [program, "run", "--max-children", CHILDREN],
            cwd=FOLDER, stdout=log, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if ended.returncode:
        tail = (FOLDER / "log").read_text(encoding="utf-8", errors="replace")[-3000:]
        raise RuntimeError(f"mutmut ended with {ended.returncode}:\n{tail}")


def survived(modules: list[str]) -> tuple[dict[Mutant, str], int]:
    """Return the survivors and how many mutants there were; mutmut's folder is the present one.

    Two mutants of one function with the same lines count as one, which survives if either does.
    """
    from mutmut.mutation.diff_apply import get_diff_for_mutant  # noqa: PLC0415  reads its section
    from mutmut.stats import status_by_exit_code  # noqa: PLC0415
    from mutmut.utils.format_utils import (  # noqa: PLC0415
        orig_function_and_class_names_from_key as names_of,
    )

    found: dict[Mutant, str] = {}
    count = 0
    for module in modules:
        results = json.loads(Path(f"mutants/{module}.meta").read_text(encoding="utf-8"))
        for key, code in results["exit_code_by_key"].items():
            count += 1
            how = status_by_exit_code[code]
            if how in KILLED:
                continue
            function, owner = names_of(key)
            diff = get_diff_for_mutant(key, path=Path(module)).splitlines()[2:]
            lines = [line for line in diff if line.startswith(("-", "+"))]
            where = ".".join(part for part in (dotted(module), owner, function) if part)
            found[Mutant(where, "\n".join(lines))] = how
    return found, count


def dotted(module: str) -> str:
    """Return the name by which a module is imported."""
    return module.removesuffix(".py").replace("/", ".")


def main(arguments: list[str]) -> int:
    """Mutate the modules that are named, or the sample; return the exit code."""
    try:
        known = kept(LIST)
        modules = arguments or list(known.sample)
        for module in modules:
            if not (ROOT / module).is_file() or not module.startswith("crossfade/"):
                raise ValueError(f"{module} is no module of crossfade/: name files, from the root")
        tests = sorted({test for module in modules for test in tests_of(module, known.tests, ROOT)})
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        mutated(modules, tests)
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    os.chdir(FOLDER)
    survivors, count = survived(modules)
    problems = compared(survivors, known.stays, [dotted(module) for module in modules])
    sys.stdout.writelines(f"{problem}\n\n" for problem in problems)
    sys.stdout.write(
        f"{count} mutants of {len(modules)} modules: {count - len(survivors)} killed, "
        f"{len(survivors)} survive, {len(problems)} of the list's lines wrong or missing\n"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
