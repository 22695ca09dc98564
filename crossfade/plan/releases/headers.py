"""The headers that a release's files are served with, by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.plan.base.globs import check_glob, matches
from crossfade.plan.releases.content_hash import has_content_hash, names_with_content_hash
from crossfade.plan.releases.media_types import media_type

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

IMMUTABLE = "public, max-age=31536000, immutable"
"""For names that carry a content hash: a year, and browsers need not ask again (RFC 8246)."""
NO_CACHE = "no-cache"
"""For what refers to other files: kept, but asked for again each time."""
SHORT = "public, max-age=300"
"""For the rest: after a promote, browsers have the new file within five minutes."""

_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_PAGE = re.compile(r"\.(html?|xhtml)(\.(gz|br|zst))?$", re.IGNORECASE)
_COMPRESSED = (".gz", ".br", ".zst")

_SERVICE_WORKER = re.compile(
    r"(.+[-_.])?(sw|service[-_]?worker)([-_.](dev|prod|bundle|min|compiled))*\.m?js"
    r"|ngsw(-worker)?\.js(on)?|worker-basic\.min\.js|safety-worker\.js|registersw\.js"
    r"|onesignalsdk(updater)?worker\.js|mockserviceworker\.js"
)
"""Service workers and what installs or steers them, lower case. Browsers that keep an old one keep
the whole old site."""

_POINTER = re.compile(
    r"manifest\.json|.+\.webmanifest|.+[-_.]manifest\.json"  # web app, assets, federation, build
    r"|(.+[-_.])?remote-?entry\.(m?js|json)"  # module and native federation
    r"|.*\.importmap|(.+[-_.])?import-?map\.json"
    r"|version\.(json|txt|js)|hashmap\.json|latest\.json"  # "is there something newer?"
    r"|page-data\.json|app-data\.json|_payload\.json|__data\.json"  # pages, as data
    r"|(.+[-_.])?(config|env|settings)\.js(on)?"  # settings of an environment
)
"""Files that name others or say what is current, lower case: an old one beside new files breaks."""


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """An override: files that a glob names get this value.

    Attributes:
        glob: Which files; the dialect is that of `crossfade.plan.base.globs.matches`.
        value: The header's value.
    """

    glob: str
    value: str

    def __post_init__(self) -> None:
        """Refuse what could not be sent or would match nothing."""
        check_glob(self.glob, setting="a header's rule")
        if not _HEADER_VALUE.fullmatch(self.value):
            raise BadInput(
                f"the header {self.value!r} for {self.glob!r} cannot be sent: "
                "write it in printable ASCII, without spaces around it"
            )


@dataclass(frozen=True, slots=True)
class Classification:
    """What is configured about headers. In each list the first rule that matches wins.

    Attributes:
        content_type: Content-Type, before the built-in table of suffixes.
        cache_control: Cache-Control, before the built-in rules. No rule may make a page immutable.
        encoding: Content-Encoding (`gzip`, `br`, `zstd`) of files that the build compressed.
            Without a rule no file has one: `app.js.gz` is a file of its own, of type
            `application/gzip`.
    """

    content_type: tuple[HeaderRule, ...] = ()
    cache_control: tuple[HeaderRule, ...] = ()
    encoding: tuple[HeaderRule, ...] = ()

    @classmethod
    def of(
        cls,
        *,
        content_type: Mapping[str, str],
        cache_control: Mapping[str, str],
        encoding: Mapping[str, str],
    ) -> Classification:
        """Make it from tables of globs and values, as the configuration has them, in their order.

        Raises:
            BadInput: A glob or a value is wrong.
        """
        tables = (content_type, cache_control, encoding)
        return cls(*(tuple(HeaderRule(*rule) for rule in table.items()) for table in tables))


@dataclass(frozen=True, slots=True)
class Served:
    """The headers of one file; `encoding` is "" for none."""

    content_type: str
    cache_control: str
    encoding: str


def classify(
    paths: Collection[str], *, entry_pages: Collection[str], by: Classification
) -> dict[str, Served]:
    """Return the headers of every file of a release.

    Raises:
        BadInput: A rule would make a page immutable.
    """
    hashed = names_with_content_hash(paths)
    pages = frozenset(entry_pages)
    served = {}
    for path in paths:
        coding = encoding(path, by.encoding)
        served[path] = Served(
            content_type(path, by.content_type, encoded=bool(coding)),
            cache_control(
                path, entry_page=path in pages, rules=by.cache_control, hashed=path in hashed
            ),
            coding,
        )
    return served


def content_type(path: str, rules: Sequence[HeaderRule], *, encoded: bool = False) -> str:
    """Return the Content-Type of a file.

    Args:
        path: The file.
        rules: Overrides.
        encoded: Whether it is sent with a Content-Encoding: then `app.js.br` is a script.
    """
    inner = path
    if encoded and path.lower().endswith(_COMPRESSED):
        inner = path.rpartition(".")[0]
    return _first(path, rules) or media_type(inner)


def cache_control(
    path: str, *, entry_page: bool, rules: Sequence[HeaderRule], hashed: bool | None = None
) -> str:
    """Return the Cache-Control of a file.

    Args:
        path: The file.
        entry_page: Whether it is one of the release's entry pages.
        rules: Overrides.
        hashed: Whether its name carries a content hash, where the neighbours were asked as well
            (`names_with_content_hash`); None: judge by the name alone.

    Raises:
        BadInput: A rule would make a page immutable: browsers that saw it could not be reached
            for a year.
    """
    page = entry_page or _PAGE.search(path) is not None
    value = _first(path, rules)
    if page and "immutable" in value.lower():
        raise BadInput(
            f"the cache_control rule that matches {path!r} makes a page immutable, so that "
            "visitors would keep the old one: narrow its glob, for example to assets/**"
        )
    if value:
        return value
    name = path.rpartition("/")[2].lower()
    if page or _SERVICE_WORKER.fullmatch(name) or _POINTER.fullmatch(name):
        return NO_CACHE
    if hashed is None:
        hashed = has_content_hash(path)
    return IMMUTABLE if hashed else SHORT


def encoding(path: str, rules: Sequence[HeaderRule]) -> str:
    """Return the Content-Encoding of a file, "" where no rule names one."""
    return _first(path, rules)


def _first(path: str, rules: Sequence[HeaderRule]) -> str:
    return next((rule.value for rule in rules if matches(path, rule.glob)), "")
