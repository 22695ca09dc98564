"""What a procedure works with."""

from __future__ import annotations

import sys
import time
from dataclasses import fields

import pytest

from crossfade.operations.base.world import World, boottime


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts a suspend in a clock")
def test_a_lease_goes_on_while_the_machine_is_suspended(monkeypatch: pytest.MonkeyPatch) -> None:
    suspended = {time.CLOCK_MONOTONIC: 100.0, time.CLOCK_BOOTTIME: 3_700.0}
    monkeypatch.setattr(time, "clock_gettime", suspended.__getitem__)
    assert boottime() == 3_700.0
    (monotonic,) = (field for field in fields(World) if field.name == "monotonic")
    assert monotonic.default is boottime
