"""Prefect's API by plain requests: Prefect itself takes a second to import."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.exceptions import HTTPError

from crossfade.errors import Failed, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE = 200
SECONDS = 10.0
_TRIES, _FEW_TRIES = 8, 3
"""25 s and 0.6 s of waiting between them."""

_URL, _AUTH = "PREFECT_API_URL", "PREFECT_API_AUTH_STRING"


@dataclass(frozen=True, slots=True)
class PrefectApi:
    """One server's API.

    Attributes:
        url: Its address, ending in `/api`.
        auth: `user:password`, or "".
        seconds: How long one request may take.
    """

    url: str
    auth: str = ""
    seconds: float = SECONDS

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  JSON
        """Ask, and return what is answered.

        Raises:
            Unavailable: Nothing answered.
            Failed: It answered with an error.
        """
        headers = {"content-type": "application/json"}
        if self.auth:
            headers |= urllib3.make_headers(basic_auth=self.auth)
        try:
            with urllib3.PoolManager(timeout=self.seconds, retries=self._retries()) as pool:
                answer = pool.request(
                    method,
                    f"{self.url.rstrip('/')}{path}",
                    body=None if body is None else json.dumps(body),
                    headers=headers,
                )
        except HTTPError as error:
            raise Unavailable(f"Prefect's API at {self.url} does not answer: {error}") from error
        if answer.status >= HTTPStatus.BAD_REQUEST:
            said = answer.data.decode(errors="replace")[:200]
            raise Failed(f"Prefect's API: {method} {path} was answered {answer.status}: {said}")
        return json.loads(answer.data) if answer.data else None

    def _retries(self) -> urllib3.Retry:
        """Try again where the server answers 503: on SQLite, while somebody else writes."""
        return urllib3.Retry(
            connect=0,
            read=0,
            other=0,
            status=_TRIES if self.seconds > 1 else _FEW_TRIES,
            status_forcelist=[HTTPStatus.SERVICE_UNAVAILABLE],
            allowed_methods=None,
            backoff_factor=0.1,
            raise_on_status=False,
        )

    def deployments(self) -> Iterator[dict[str, Any]]:
        """Yield crossfade's deployments."""
        asked = {"deployments": {"tags": {"all_": ["crossfade"]}}, "limit": PAGE}
        offset = 0
        while True:
            rows = self.call("POST", "/deployments/filter", {**asked, "offset": offset})
            yield from rows
            if len(rows) < PAGE:
                return
            offset += PAGE

    def deployment(self, name: str) -> dict[str, Any]:
        """Return a deployment by its full name."""
        found: dict[str, Any] = self.call("GET", f"/deployments/name/{name}")
        return found


def named_in(environment: Mapping[str, str], *, seconds: float = SECONDS) -> PrefectApi | None:
    """Return the API of the server that the standard variables name, or None."""
    url = environment.get(_URL, "")
    return PrefectApi(url, environment.get(_AUTH, ""), seconds) if url else None
