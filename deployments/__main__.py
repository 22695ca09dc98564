"""Set up a Prefect server from the files here, and again: `python -m deployments`.

The work pool, the deployments of prefect.yaml, and the automations. Only what differs is written,
nothing is doubled, what an operator turned on or off stays so, and what stands on the server but no
longer in the files is named.
"""

from __future__ import annotations

import os
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx
from prefect.client.orchestration import get_client
from prefect.settings import get_current_settings

from crossfade.errors import BadInput, CrossfadeError, Failed
from deployments.automations import store
from deployments.differences import NEW, differing
from deployments.file import deployments, pull_steps, with_switches
from deployments.names import read_names
from deployments.server import create, left_over, make_pool, switches, write_schema
from flows.offering import offering

REPOSITORY = Path(__file__).resolve().parents[1]


@click.command()
@click.option(
    "--home",
    default=str(REPOSITORY),
    show_default=True,
    help="Where the workers find this repository: /opt/crossfade in the image.",
)
@click.option(
    "--prune",
    is_flag=True,
    help="Delete the deployments of former names; scripts that still start them then fail.",
)
def main(home: str, *, prune: bool) -> None:
    """Set up the Prefect server at PREFECT_API_URL."""
    try:
        set_up(home, prune=prune)
    except CrossfadeError as error:
        click.echo(error, err=True)
        sys.exit(error.exit_code)
    except httpx.HTTPError as error:
        click.echo(_away(error), err=True)
        sys.exit(CrossfadeError.exit_code)


def set_up(home: str, *, prune: bool = False) -> None:
    """Create the work pool, the deployments and the automations, and update those that differ.

    Args:
        home: Where the workers find this repository.
        prune: Delete deployments that are in no file any more.

    Raises:
        BadInput: No server is named.
        Failed: Prefect's own command failed.
    """
    if not get_current_settings().api.url:
        raise BadInput("no Prefect server: set PREFECT_API_URL, as http://127.0.0.1:4200/api")
    file = REPOSITORY / "prefect.yaml"
    names = read_names()
    wanted = deployments(file, names)
    with get_client(sync_client=True) as client, offering(names):
        click.echo(make_pool(client))
        pull = pull_steps(file, home)
        differ = differing(client, wanted, pull)
        changed = [name for name, fields in differ.items() if fields != [NEW]]
        if changed:
            deploy(home, with_switches(file, wanted, switches(client, wanted), changed))
        for deployed in wanted:
            if fields := differ.get(deployed.full_name):
                if fields == [NEW]:
                    create(client, deployed, pull)
                else:
                    write_schema(client, deployed)
                click.echo(f"deployed {deployed.full_name} ({', '.join(fields)})")
            else:
                click.echo(f"the same: {deployed.full_name}")
        for line in (*store(client), *left_over(client, wanted, prune=prune)):
            click.echo(line)


def _away(error: httpx.HTTPError) -> str:
    """Say what a server that did not answer, or not as it should, has to do with it."""
    asked = f"Prefect's server at {get_current_settings().api.url}"
    if not isinstance(error, httpx.HTTPStatusError):
        return f"{asked} does not answer ({error}): start it, or set PREFECT_API_URL"
    if error.response.status_code == HTTPStatus.UNAUTHORIZED:
        return f"{asked} refuses the password: set PREFECT_API_AUTH_STRING to user:password"
    return f"{asked} answered {error.response.status_code}: {error.response.text[:200]}"


def deploy(home: str, text: str) -> None:
    """Run `prefect deploy --all`, which alone knows all that may stand in such a file.

    Args:
        home: Where the workers find this repository.
        text: What it deploys, as prefect.yaml.

    Raises:
        Failed: It did; with what it said last.
    """
    with TemporaryDirectory(prefix="crossfade-deploy-") as folder:
        file = Path(folder) / "prefect.yaml"
        file.write_text(text, encoding="utf-8")
        command = ["prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
        ended = subprocess.run(  # noqa: S603  Prefect's own command
            [sys.executable, "-m", *command],
            cwd=REPOSITORY,
            env={
                **os.environ,
                **get_current_settings().to_environment_variables(exclude_unset=True),
                "CROSSFADE_HOME": home,
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines()
        raise Failed(f"`prefect deploy --all` failed: {said[-1] if said else ended.returncode}")


if __name__ == "__main__":
    main()
