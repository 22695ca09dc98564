"""Settings: one frozen value, read once at the edge from `crossfade.toml` and the environment.

The one room that others import as a whole: `from crossfade.settings import Settings, load`.
"""

from crossfade.settings.settings import (
    FILE,
    FILE_VARIABLE,
    Component,
    Environment,
    Lock,
    Purge,
    Releases,
    Report,
    Settings,
    State,
    load,
)

__all__ = [
    "FILE",
    "FILE_VARIABLE",
    "Component",
    "Environment",
    "Lock",
    "Purge",
    "Releases",
    "Report",
    "Settings",
    "State",
    "load",
]
