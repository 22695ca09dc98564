"""Publish: a release of a build."""

from __future__ import annotations

import os
from dataclasses import asdict

import click

from crossfade.adapters.http.prefect_api import named_in
from crossfade.adapters.http.run_forms import LONGEST_SECONDS, offer_version
from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import working
from crossfade.cli.app.screen import Screen, log
from crossfade.cli.render.sites import published_blocks
from crossfade.operations.releases import publish as publishing


@click.command
@click.argument("source")
@click.option("--component", required=True, metavar="C", help="The component it is a build of.")
@click.option("--version", required=True, metavar="V", help="The release's version.")
@click.option("--commit", default="", metavar="SHA", help="The commit it was built from.")
@as_json_option
def publish(source: str, *, component: str, version: str, commit: str, as_json: bool) -> None:
    """Make a release of a build; releases never change.

    SOURCE is a folder, a .zip or .tar.gz file, or the s3:// address of one. A publish that was cut
    short leaves no release: publish again, only what is missing is uploaded. Where PREFECT_API_URL
    names a server, its run forms offer the release from then on.
    """
    with working(as_json=as_json) as (world, run):
        done = publishing.publish(
            world, publishing.PublishRequest(source, component, version, commit), run
        )
    if (api := named_in(os.environ, seconds=LONGEST_SECONDS)) and (
        why := offer_version(api, version)
    ):
        log(f"warning: {why}")
    document = {key: value for key, value in asdict(done).items() if not key.endswith("size")}
    sizes = {"bytes": done.size, "uploaded_bytes": done.uploaded_size}
    Screen(as_json=as_json).show({**document, **sizes}, published_blocks(done))
