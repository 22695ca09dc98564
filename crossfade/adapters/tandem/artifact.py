"""The document that says what a version is: written once by whoever built it, read by crossfade.

    {"version": "1.4.2", "commit": "4f2a…", "configuration": {"DATABASE": "orders", …},
     "artifacts": {"legacy": "", "new": "registry.example/shop@sha256:…"}}

`configuration` is what both platforms render theirs from; its digest is the SHA-256 of its JSON
with sorted keys and no spaces. `digest` stands instead of it where pipelines render it themselves.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from crossfade.errors import Refused
from crossfade.plan.base.platform import Platform
from crossfade.plan.tandem.order import Release
from crossfade.plan.tandem.pair import Both

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.adapters.aws.s3 import Bucket

_TEXTS = ("version", "commit", "digest")


def read_artifact(bucket: Callable[[str], Bucket], template: str, version: str) -> Both[Release]:
    """Return what each platform is to run for a version.

    Args:
        bucket: Gives a bucket by name.
        template: s3:// URL with `{version}` in it.
        version: The version.

    Raises:
        Refused: There is no such document yet, or it says something else than it must.
        Unavailable: S3 did not answer.
    """
    url = template.replace("{version}", version)
    name, _, key = url.removeprefix("s3://").partition("/")
    found = bucket(name).get(key)
    if found is None:
        raise Refused(f"{url} does not exist: nobody has built {version} yet")
    try:
        document: Any = json.loads(found.body)
    except ValueError as error:
        raise Refused(f"{url} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Refused(f"{url} is not a JSON object")
    said = {word: document.get(word, "") for word in _TEXTS}
    wrong = next((word for word, text in said.items() if not isinstance(text, str)), "")
    if wrong:
        raise Refused(f"{url}: {wrong} is not a text")
    if said["version"] != version:
        raise Refused(f"{url} is about version {said['version']!r} and not about {version}")
    artifacts = document.get("artifacts", {})
    if not isinstance(artifacts, dict) or not all(isinstance(a, str) for a in artifacts.values()):
        raise Refused(f"{url}: artifacts is no object with a text for each platform")
    digest = said["digest"]
    if "configuration" in document:
        digest = configuration_digest(document["configuration"])
    return Both(
        *(
            Release(version, digest, artifacts.get(str(platform), ""), said["commit"])
            for platform in Platform
        )
    )


def configuration_digest(configuration: object) -> str:
    """Return the digest of a configuration, whatever order and spaces it was written with."""
    canonical = json.dumps(
        configuration, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"
