"""pymemcache's client, without the TLS library.

pymemcache imports `ssl` for the sake of one annotation, and loading it takes a seventh of the time
that the wrapper may take to start, at every tick of every job. While pymemcache is imported, an
empty module stands in for it; afterwards `ssl` is what it always is. Nothing here can speak TLS to
memcached anyway: the proof about restarts needs a direct connection.
"""

from __future__ import annotations

import sys
from types import ModuleType

NAME = "ssl"

_stands_in = NAME not in sys.modules
if _stands_in:
    sys.modules[NAME] = ModuleType(NAME)
    sys.modules[NAME].SSLContext = object  # type: ignore[attr-defined]
try:
    from pymemcache.client.base import Client, normalize_server_spec
    from pymemcache.exceptions import MemcacheError
finally:
    if _stands_in:
        del sys.modules[NAME]

__all__ = ["Client", "MemcacheError", "normalize_server_spec"]
