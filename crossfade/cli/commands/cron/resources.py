"""Cpu and memory of jobs, from the configuration, if there is one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from crossfade.cli.app.command import configured
from crossfade.errors import BadInput
from crossfade.settings import FILE, FILE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping


def configured_resources() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return the resources of each job that the configuration has; none without a file.

    Raises:
        BadInput: The configuration cannot be read, or a job's section is wrong.
    """
    if FILE_VARIABLE not in os.environ and not Path(FILE).is_file():
        return {}
    settings = configured()
    for name, said in settings.wrong.items():
        if name.startswith("crons"):
            raise BadInput(said)
    return {name: cron.resources.manifest() for name, cron in settings.crons.items()}
