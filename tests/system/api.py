"""Prefect's API as a script outside of it sees it: plain requests, nothing of Prefect imported."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 200
ANSWER_SECONDS = 150
"""On SQLite the server can stand still for as long as it waits for a lock, which is a minute."""

LOCKED_TRIES = 20
"""SQLite answers 503 while somebody else writes; the server's own clients try again as well."""


@dataclass(frozen=True)
class Api:
    """One server's API."""

    url: str

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self._call("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self._call("PATCH", path, body)

    def all(self, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Every row of a filter, page by page."""
        for offset in range(0, 100 * PAGE, PAGE):
            rows = self.post(path, {**body, "limit": PAGE, "offset": offset})
            yield from rows
            if len(rows) < PAGE:
                return

    def deployment(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/deployments/name/{name}")
        return found

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        for _ in range(LOCKED_TRIES):
            try:
                return self._answer(method, path, body)
            except urllib.error.HTTPError as error:
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                    said = error.read().decode(errors="replace")
                    raise AssertionError(f"{method} {path}: {error.code} {said}") from error
                time.sleep(0.5)
            except TimeoutError as error:
                raise AssertionError(f"{method} {path}: no answer in {ANSWER_SECONDS} s") from error
        raise AssertionError(f"{method} {path}: the server is locked for good")

    def _answer(self, method: str, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)  # noqa: S310  loopback
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  loopback
            text = answer.read()
        return json.loads(text) if text else None
