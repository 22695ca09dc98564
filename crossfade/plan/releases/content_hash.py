"""Names that carry a hash of their content, as bundlers write them.

Such a file never changes under its name, so a browser may keep it for a year and never ask again.
That cannot be taken back: a name that is wrongly taken for one leaves visitors with old code. A
name that is missed costs a request every few minutes. So in doubt the answer is no, and a rule in
the configuration says otherwise.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_FRAMEWORK_FOLDER = re.compile(
    r"(^|/)(_next/static|_app/immutable|_astro|_nuxt(?!/builds/))/"  # Next, SvelteKit, Astro, Nuxt
)
"""Folders in which the framework itself promises that nothing changes under its name."""

_DIGEST_FOLDER = re.compile(
    r"(^|/)(?=\d*[a-f])(?=[a-f]*\d)([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})/"
)
"""A folder named by a whole digest (MD5, SHA-1, SHA-256), as Gatsby names those of its images."""

_AFTER_HASH = re.compile(
    r"(\.(js|mjs|cjs|css|map|gz|br|zst|min|chunk|bundle|module|async|esm|legacy|modern|worker|lean"
    r"|iframe|LICENSE))+$"
)
"""What bundlers put between hash and suffix: `main.8626537e.chunk.js.map`, `….js.LICENSE.txt`."""

_HEX = re.compile(r"(?:^|[-._~])([0-9a-f]{8,64})$")
_LEAST_BARE_HEX = 16
"""Hex digits from which a name may be nothing but a hash; shorter ones are too often numbers."""
_OBJECT_ID = 24
"""Hex digits of a MongoDB id: it names a thing, whatever its content is."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_YEAR_FIRST = re.compile(r"(19|20)\d{4}")

_EIGHT = re.compile(r".[-.]([A-Za-z0-9_-]{8})$")
"""Vite, Rollup and Rolldown: eight of base64url; esbuild: eight of upper-case base32."""
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
"""How people read a run-together name: `SemiBold2x` is Semi, Bold, 2, x."""
_CAMEL_CASE = re.compile(r"[A-Z]?[a-z]+([A-Z][a-z]+){0,2}")
_LONGEST_ACRONYM = 4
_LONG_WORD = 4
_FEW_PARTS = 2
_FOUR_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{4}")
_VOWEL = re.compile(r"[aeiouy]")

_LEAST_WITNESSES = 3
_LEAST_SHARE_OF_WITNESSES = 0.5


def names_with_content_hash(paths: Collection[str]) -> frozenset[str]:
    """Return those paths of a release whose names say that their content never changes.

    To `has_content_hash` it adds what the neighbours tell: one in ten of Vite's and of esbuild's
    random hashes happens to read like words. Where three names in a folder, and half of those that
    end in eight such characters, are hashes beyond doubt, `events-ScvujZIy.js` beside them is one,
    too. `Poppins-SemiBold.ttf` still is not. (Measured: about 1 in 55 of Vite's is still missed.)
    """
    sure = {path for path in paths if has_content_hash(path)}
    folders: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        if _eight(path):
            folders[path.rpartition("/")[0]].append(path)
    for alike in folders.values():
        witnesses = sum(path in sure for path in alike)
        if witnesses >= max(_LEAST_WITNESSES, _LEAST_SHARE_OF_WITNESSES * len(alike)):
            sure.update(path for path in alike if _may_be_hash(_eight(path)))
    return frozenset(sure)


def has_content_hash(path: str) -> bool:
    """Whether a file's name alone says, beyond doubt, that its content never changes under it.

    Known are the folders that Next, SvelteKit, Nuxt and Astro promise this for, and names with

    - eight or more hex digits (webpack, Rspack, Parcel, Angular, Gatsby, Rails, Django, mdBook)
    - eight characters of base64url in mixed case (Vite, Rollup, Rolldown), or of upper-case base32
      (esbuild), which cannot be read as words, years or numbers
    """
    if _FRAMEWORK_FOLDER.search(path) or _DIGEST_FOLDER.search(path) or _ends_with_hex(path):
        return True
    eight = _eight(path)
    words = all(_reads_as_words(part) for part in re.split("[-_]", eight))
    return bool(eight) and (not words or _stem(path).endswith(f"chunk-{eight}"))


def _stem(path: str) -> str:
    """Return a file's name without its suffix and without what bundlers put before that."""
    name = path.rpartition("/")[2]
    return _AFTER_HASH.sub("", name.rpartition(".")[0] or name)


def _ends_with_hex(path: str) -> bool:
    stem = _stem(path)
    match = _HEX.search(stem)
    if match is None or _UUID.search(stem):
        return False
    digits = match[1]
    if len(digits) == _OBJECT_ID or (match.start(1) == 0 and len(digits) < _LEAST_BARE_HEX):
        return False
    if digits.isdigit() or _YEAR_FIRST.match(digits):
        return False
    word = digits.rstrip("0123456789")  # as in cafe2024, or all of deadbeef
    return not (word.isalpha() and len(word) >= _LONG_WORD)


def _eight(path: str) -> str:
    """Return the eight characters that may be a hash of Vite or esbuild, or ""."""
    match = _EIGHT.search(_stem(path))
    if match is None:
        return ""
    return match[1] if match[1] != match[1].lower() else ""


def _may_be_hash(eight: str) -> bool:
    """Whether it may be a hash where its neighbours are: anything but two words that are spoken."""
    parts = _PARTS.findall(eight)
    words = all(part.isdigit() or _is_word(part) for part in parts)
    return eight == eight.upper() or not (words and len(parts) <= _FEW_PARTS)


def _reads_as_words(text: str) -> bool:
    """Whether a person may have written it.

    That is two words, acronyms or numbers, three with a long word among them, or three abbreviated
    words in plain camel case: `SemiBold`, `ReactDOM`, `Section2`, `Web3Auth`, `KmsKeyId`. It is
    not `DkR3x9aB`.
    """
    parts = _PARTS.findall(text)
    if _CAMEL_CASE.fullmatch(text) and all(len(part) > 1 for part in parts):
        return True
    if not all(part.isdigit() or _is_word(part) for part in parts):
        return False
    long = any(len(part) >= _LONG_WORD and part != part.upper() for part in parts)
    return len(parts) <= (_FEW_PARTS + 1 if long else _FEW_PARTS)


def _is_word(part: str) -> bool:
    """Whether letters can be spoken, or are few enough capitals to be an acronym."""
    if part.isupper() and len(part) <= _LONGEST_ACRONYM:
        return True
    lower = part.lower()
    spoken = len(lower) == 1 or _VOWEL.search(lower) is not None
    return spoken and not _FOUR_CONSONANTS.search(lower)
