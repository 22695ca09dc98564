"""Run forms offer what was just released."""

from __future__ import annotations

from prefect import get_run_logger
from prefect.settings import get_current_settings

from crossfade.adapters.http.prefect_api import PrefectApi
from crossfade.adapters.http.run_forms import offer_version

PATIENCE_SECONDS = 60.0


def offer_in_forms(version: str) -> None:
    """Offer a version in the forms of the server that this run is recorded by."""
    api = get_current_settings().api
    if not api.url:
        return
    auth = api.auth_string.get_secret_value() if api.auth_string else ""
    if why := offer_version(PrefectApi(api.url, auth), version, seconds=PATIENCE_SECONDS):
        get_run_logger().warning(why)
