"""The journal in S3: a head for each subject, changed by compare-and-swap, and its operations.

<prefix><subject>/head.json                 the present state
<prefix><subject>/<operation id>.json       one operation and its checkpoint
<prefix><subject>/<operation id>.root.json  what a site's root held when it ended
<prefix>releases/<component>/<version>.digest  which content a version has
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

from pydantic import ValidationError

from crossfade.adapters.aws.s3 import Headers
from crossfade.errors import Conflict, Failed, Unavailable
from crossfade.plan.journal.documents import (
    digest_from_json,
    digest_to_json,
    head_from_json,
    head_to_json,
    operation_from_json,
    operation_to_json,
    record_from_json,
    unreadable,
)
from crossfade.plan.journal.head import Head, Lease, opened
from crossfade.plan.journal.operation import Json, Operation, S, Status, Untold, W

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.adapters.aws.s3 import Bucket
    from crossfade.plan.journal.digest import RecordedDigest

T = TypeVar("T")

_JSON = Headers(content_type="application/json", cache_control="no-store")
_HEAD = "head.json"
_ROOT = ".root.json"
DIGEST = ".digest"
"""How the key of a version's recorded digest ends; no operation's does."""


class Damaged(Failed):
    """A document of the journal is not what crossfade wrote there."""


@dataclass(frozen=True)
class Journal:
    """The journal of all subjects.

    Attributes:
        bucket: Where it is kept.
        prefix: Key prefix, ending in `/`.
    """

    bucket: Bucket
    prefix: str

    @overload
    def head(self, subject: str) -> tuple[Head[Json], str]: ...
    @overload
    def head(self, subject: str, state: type[S]) -> tuple[Head[S], str]: ...
    def head(self, subject: str, state: Any = Json) -> tuple[Head[Any], str]:
        """Read a subject's head and its ETag.

        Args:
            subject: The subject. One without a head has the ETag "", and the head that its
                operations tell: an empty one where there are none.
            state: The type of its kind's state; without it the state is its JSON document.

        Raises:
            Failed: The document cannot be read.
        """
        key = self._key(subject, _HEAD)
        found = self.bucket.get(key)
        if found is None:
            return self._found_again(subject, state), ""
        return readable(self.bucket.url(key), lambda: head_from_json(found.body, state)), found.etag

    def _found_again(self, subject: str, state: type[Any]) -> Head[Any]:
        """Make the head that a subject's operations tell.

        One that is closed proves that there was a head. What says `open` after it may never have
        been opened, which only the lost head knew; it is taken for open, with a lease that has
        lapsed, so that somebody settles it.
        """
        head: Head[Any] = Head(subject, state() if state is not Json else {})
        identifiers = self.identifiers(subject)
        there: Operation[Untold, Any] | None = None
        for at, identifier in enumerate(identifiers):
            key = self._key(subject, f"{identifier}.json")
            if (found := self.bucket.get(key)) is None:
                continue  # a worker that was refused took it away
            document = found.body
            record = readable(
                f"operation {identifier}",
                lambda: record_from_json(document, state),  # noqa: B023
            )
            head = replace(head, sections=head.sections or record.sections)
            if record.status is Status.OPEN:
                there = there if head.last else there or record
            elif not head.last:
                count = len(identifiers) - at
                head = replace(head, state=record.after, serial=count, last=record.id)
            if head.last and head.sections:
                break
        if there is None or not head.last:
            return head
        return opened(head, there, Lease("", there.begun_at))

    def swap(self, head: Head[Any], etag: str) -> str:
        """Write a head if it is still the one that was read.

        An answer that was lost is settled by reading back: what stands there then is either this
        very document, or the world moved.

        Args:
            head: The new head.
            etag: ETag of the head that was read, or "" where there was none.

        Returns:
            The new head's ETag.

        Raises:
            Conflict: Somebody else changed it meanwhile.
            Unavailable: S3 did not answer and the head is as it was.
        """
        what = f"{head.subject} was changed by another worker meanwhile"
        return self._swap(self._key(head.subject, _HEAD), head_to_json(head), etag, what)

    def write(self, operation: Operation[Any, Any], etag: str = "") -> str:
        """Write an operation if its record is still the one that was read.

        Args:
            operation: The operation.
            etag: ETag of the record that was read, or "" where there was none.

        Returns:
            The new record's ETag.

        Raises:
            Conflict: Another worker wrote it meanwhile.
        """
        key = self._key(operation.subject, f"{operation.id}.json")
        what = f"{operation.title} ({operation.id}) was taken over by another worker"
        return self._swap(key, operation_to_json(operation), etag, what)

    def etag(self, operation: Operation[Any, Any]) -> str:
        """Return the ETag of an operation's record, or "" where there is none."""
        found = self.bucket.head(self._key(operation.subject, f"{operation.id}.json"))
        return found.etag if found else ""

    def _swap(self, key: str, body: bytes, etag: str, what: str) -> str:
        try:
            return self.bucket.put(
                key, body, _JSON, only_if_absent=not etag, only_if_etag=etag
            ).etag
        except (Conflict, Unavailable) as error:
            found = self.bucket.get(key)
            if found is not None and found.body == body:
                return found.etag
            if isinstance(error, Unavailable) and (found.etag if found else "") == etag:
                raise
            raise Conflict(f"{what}: `crossfade status` shows how it stands") from error

    def drop(self, operation: Operation[Any, Any]) -> None:
        """Remove the record of an operation that was never opened."""
        self.bucket.delete([(self._key(operation.subject, f"{operation.id}.json"), "")])

    @overload
    def operation(self, subject: str, identifier: str, work: type[W]) -> Operation[W]: ...
    @overload
    def operation(
        self, subject: str, identifier: str, work: type[W], state: type[S]
    ) -> Operation[W, S]: ...
    def operation(
        self, subject: str, identifier: str, work: Any, state: Any = Json
    ) -> Operation[Any, Any]:
        """Read an operation with its work.

        Raises:
            Failed: It is not there, or it cannot be read.
        """
        body = self._operation(subject, identifier)
        return readable(f"operation {identifier}", lambda: operation_from_json(body, work, state))

    @overload
    def record(self, subject: str, identifier: str) -> Operation[Untold]: ...
    @overload
    def record(self, subject: str, identifier: str, state: type[S]) -> Operation[Untold, S]: ...
    def record(self, subject: str, identifier: str, state: Any = Json) -> Operation[Untold, Any]:
        """Read an operation without its work.

        Raises:
            Failed: It is not there, or it cannot be read.
        """
        body = self._operation(subject, identifier)
        return readable(f"operation {identifier}", lambda: record_from_json(body, state))

    def _operation(self, subject: str, identifier: str) -> bytes:
        key = self._key(subject, f"{identifier}.json")
        found = self.bucket.get(key)
        if found is None:
            raise Failed(f"{self.bucket.url(key)} does not exist: name another operation")
        return found.body

    def below(self, part: str) -> list[str]:
        """Return the names right below a part of the subjects' tree, such as `sites`; sorted."""
        prefix = self._key(part, "")
        folders, _ = self.bucket.level(prefix)
        return sorted(folder.removeprefix(prefix).rstrip("/") for folder in folders)

    def names(self, subject: str) -> list[str]:
        """Return the names of a subject's documents, sorted; without those of subjects below it."""
        prefix = self._key(subject, "")
        names = (row.key.removeprefix(prefix) for row in self.bucket.present(prefix))
        return [name for name in names if "/" not in name]

    def identifiers(self, subject: str) -> list[str]:
        """Return the ids of a subject's operations, newest first."""
        return sorted(
            (
                name.removesuffix(".json")
                for name in self.names(subject)
                if name.endswith(".json") and name != _HEAD and not name.endswith(_ROOT)
            ),
            reverse=True,
        )

    def digest(self, subject: str, version: str) -> RecordedDigest | None:
        """Read which content a version has, or None where it was not recorded.

        Raises:
            Failed: The document cannot be read, or is another version's.
        """
        key = self._key(subject, version + DIGEST)
        found = self.bucket.get(key)
        return None if found is None else self._digest(key, found.body, subject, version)

    def _digest(self, key: str, body: bytes, subject: str, version: str) -> RecordedDigest:
        name = self.bucket.url(key)
        recorded = readable(name, lambda: digest_from_json(body))
        if (recorded.subject, recorded.version) != (subject, version):
            raise Damaged(
                f"{name} is the record of {recorded.subject} {recorded.version}, which somebody "
                "put there: restore that object's first version"
            )
        return recorded

    def record_digest(self, recorded: RecordedDigest) -> RecordedDigest:
        """Record which content a version has, unless that was recorded before.

        Returns:
            What stands there: this record, or the one that was there.

        Raises:
            Failed: What stands there cannot be read.
            Unavailable: S3 did not answer, and nothing stands there.
        """
        key = self._key(recorded.subject, recorded.version + DIGEST)
        try:
            self.bucket.put(key, digest_to_json(recorded), _JSON, only_if_absent=True)
        except (Conflict, Unavailable):
            stands = self.digest(recorded.subject, recorded.version)
            if stands is None:
                raise
            return stands
        return recorded

    def vouch(self, recorded: RecordedDigest, etags: str) -> RecordedDigest:
        """Add to a version's record that its files have their bytes under these ETags.

        Raises:
            Conflict: The record is no longer the one that was read.
        """
        key = self._key(recorded.subject, recorded.version + DIGEST)
        found = self.bucket.get(key)
        if found is None or self._digest(key, found.body, recorded.subject, recorded.version) != (
            recorded
        ):
            raise Conflict(f"{self.bucket.url(key)} was changed meanwhile: look again")
        vouched = replace(recorded, etags=etags)
        self._swap(key, digest_to_json(vouched), found.etag, f"{self.bucket.url(key)} was changed")
        return vouched

    def documents(self) -> list[str]:
        """Return where all objects of the journal stand, below its prefix; sorted."""
        return [row.key.removeprefix(self.prefix) for row in self.bucket.present(self.prefix)]

    def read(self, name: str) -> bytes | None:
        """Return an object's bytes, by where it stands below the prefix; None where it is gone."""
        found = self.bucket.get(self.prefix + name)
        return None if found is None else found.body

    def keep_root(self, subject: str, name: str, document: bytes) -> None:
        """Write what a site's root holds; each worker gives its own a name of its own."""
        self.bucket.put(self._key(subject, name + _ROOT), document, _JSON)

    def root(self, subject: str, name: str) -> bytes | None:
        """Read what a site's root held, or None where the record is gone."""
        found = self.bucket.get(self._key(subject, name + _ROOT))
        return None if found is None else found.body

    def roots(self, subject: str) -> list[str]:
        """Return the names of a site's recorded roots, oldest first."""
        names = self.names(subject)
        return [name.removesuffix(_ROOT) for name in names if name.endswith(_ROOT)]

    def drop_roots(self, subject: str, names: list[str]) -> None:
        """Remove recorded roots that no checkpoint needs any more."""
        keys = [(self._key(subject, name + _ROOT), "") for name in names]
        for start in range(0, len(keys), 1000):
            self.bucket.delete(keys[start : start + 1000])

    def _key(self, subject: str, name: str) -> str:
        return f"{self.prefix}{subject}/{name}"


def happened(operation: Operation[Any, Any], head: Head[Any]) -> bool:
    """Whether an operation was ever opened.

    A worker that was refused, or died between writing the record and opening it, leaves a record
    that says `open` while no head names it: nothing came of it.
    """
    named = head.open is not None and head.open.operation == operation.id
    return operation.status is not Status.OPEN or named


def readable(name: str, parse: Callable[[], T]) -> T:
    """Return what a document says.

    Args:
        name: The document, for the message.
        parse: Reads it.

    Raises:
        Damaged: It cannot be read, or says what this version does not know.
    """
    try:
        return parse()
    except ValidationError as error:
        raise Damaged(unreadable(name, error)) from error
