"""The samples for CI systems: they fit together, and their crossfade commands do what they say."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML carries no types

from tests.cli.commands.test_tandem import CONFIGURATION, Hosts, served
from tests.cli.desk import Desk
from tests.repository import ROOT
from tests.story import STATE

if TYPE_CHECKING:
    from pathlib import Path

    from crossfade.local.strict.strict import Strict

CI = ROOT / "deployments" / "ci"
GIVEN = {
    "VERSION": "v1.4.2",
    "SHA": "4f2a",
    "DIGEST": "sha256:d",
    "IMAGE": "registry.example/shop@sha256:1",
}


def github() -> dict[str, tuple[list[str], list[str]]]:
    """Return each job of the sample for GitHub: what it needs, and what it runs."""
    jobs: dict[str, Any] = yaml.safe_load((CI / "github-tandem.yaml").read_text())["jobs"]
    return {
        name: (
            [needs] if isinstance(needs := job.get("needs", []), str) else needs,
            [step["run"] for step in job["steps"] if "run" in step],
        )
        for name, job in jobs.items()
    }


def gitlab() -> dict[str, tuple[list[str], list[str]]]:
    """Return each job of the sample for GitLab likewise."""
    document: dict[str, Any] = yaml.safe_load((CI / "gitlab-tandem.yaml").read_text())
    jobs = {name: job for name, job in document.items() if "script" in (job or {})}
    return {name: (job.get("needs", []), job["script"]) for name, job in jobs.items()}


SAMPLES = {"github": github, "gitlab": gitlab}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_release_has_both_platforms_upstream_and_neither_has_the_other(name: str) -> None:
    jobs = SAMPLES[name]()
    assert set(jobs["release"][0]) == {"legacy", "new"}
    assert jobs["legacy"][0] == jobs["new"][0] == ["build"]


@pytest.mark.parametrize("name", SAMPLES)
def test_its_commands_release_to_both(
    name: str,
    strict: Strict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del strict
    monkeypatch.chdir(tmp_path)
    for key, text in GIVEN.items():
        monkeypatch.setenv(key, text)
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket=STATE, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    hosts, desk = Hosts(), Desk(tmp_path, capsys)
    artifact = f'artifact = "s3://{STATE}/built/{{version}}.json"\n'
    reported = CONFIGURATION.replace(artifact, "").replace(
        'kind = "parameter"', 'kind = "parameter"\nready = "reported"'
    )
    with served(hosts) as port:
        (tmp_path / "crossfade.toml").write_text(reported.replace("PORT", str(port)))
        jobs = SAMPLES[name]()
        for job in ("new", "legacy", "release"):
            for line in jobs[job][1]:
                if line.startswith("crossfade "):
                    desk.does(*shlex.split(os.path.expandvars(line))[1:])
    assert json.loads(hosts.answer("legacy")) == json.loads(
        '{"version": "v1.4.2", "configuration": "sha256:d", "artifact": "", "commit": "4f2a"}'
    )
    assert json.loads(hosts.answer("new"))["artifact"] == GIVEN["IMAGE"]
