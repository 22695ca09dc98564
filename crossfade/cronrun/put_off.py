"""Modules that others import and the wrapper hardly ever uses: loaded when they are used.

pymemcache imports `ssl` for one annotation, `platform` for the system's name, `logging` and
`pickle` for a serializer that nobody asks for here, and with its name come clients that must not be
used for locks; cronsim imports `calendar` for months that the next tick seldom needs. Together that
is a third of what the wrapper takes to start, at every tick of every job.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HARDLY_USED: Mapping[str, Mapping[str, object]] = {
    "ssl": {"SSLContext": object},
    "platform": {"system": lambda: os.uname().sysname},
    "logging": {},
    "pickle": {"HIGHEST_PROTOCOL": 5},
    "calendar": {},
    "pymemcache": {},
    "pymemcache.client": {},
}
"""Each with what of it is taken already while others are imported."""


class PutOff(ModuleType):
    """A module that is there, and runs when something of it is asked for that is not."""

    def __getattr__(self, name: str) -> object:
        """Return a module inside the package, or run the module's own code first."""
        if name.startswith("__"):  # the import system asks, not a user
            raise AttributeError(name)
        if hasattr(self, "__path__"):
            try:
                return import_module(f"{self.__name__}.{name}")
            except ModuleNotFoundError:
                pass
        self.__class__ = ModuleType  # type: ignore[assignment]  # an ordinary one from now on
        spec = self.__spec__
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module(self)
        return getattr(self, name)


def put_off() -> None:
    """Put all of them off that are not loaded yet: for the wrapper's own process."""
    for name, taken in HARDLY_USED.items():
        package = sys.modules.get(name.rpartition(".")[0])
        if name in sys.modules or ("." in name and not isinstance(package, PutOff)):
            continue
        spec = PathFinder.find_spec(name, package.__path__ if package else None)
        if spec is None:  # it comes from somewhere else: it is loaded as always
            continue
        module = PutOff(name)
        module.__spec__, module.__loader__, module.__file__ = spec, spec.loader, spec.origin
        if spec.submodule_search_locations is not None:
            module.__path__ = spec.submodule_search_locations
            module.__package__ = name
        module.__dict__.update(taken)
        sys.modules[name] = module
