"""Domain names, as Route 53 writes them: lower case, with the last dot and octal escapes."""

from __future__ import annotations

import re

import idna

from crossfade.errors import BadInput

LONGEST_NAME = 255
LONGEST_LABEL = 63

_CHARACTER = re.compile(r"\\([0-3][0-7]{2})|(.)", re.DOTALL)
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


def normal_name(name: str) -> str:
    r"""Return a name as Route 53 returns it, so that two spellings of one name compare equal.

    `Shop.Example`, `shop.example.` and `*.bücher.example` become `shop.example.`,
    `shop.example.` and `\052.xn--bcher-kva.example.`. Characters other than a-z, 0-9, `-` and `_`
    are written as `\` and three octal digits, whether they came plain or escaped.

    Raises:
        BadInput: It is no domain name.
    """
    labels = [_normal_label(label, name) for label in name.strip().removesuffix(".").split(".")]
    normal = ".".join(labels) + "."
    if len(normal) > LONGEST_NAME:
        raise BadInput(f"{name!r} is no domain name: it is longer than {LONGEST_NAME} characters")
    return normal


def shown(name: str) -> str:
    """Return a name as people write it: no last dot, and `*` for its escape."""
    return name.removesuffix(".").replace(r"\052", "*")


def same_host(one: str, other: str) -> bool:
    """Whether two load balancer names mean one host; `dualstack.` in front makes no difference."""
    first, second = (normal_name(name).removeprefix("dualstack.") for name in (one, other))
    return first == second


def _normal_label(label: str, name: str) -> str:
    if not label.isascii():
        try:
            label = idna.encode(label, uts46=True).decode()
        except idna.IDNAError as error:
            raise BadInput(f"{name!r} is no domain name: {error}") from error
    codes = [
        int(match[1], 8) if match[1] else ord(match[2]) for match in _CHARACTER.finditer(label)
    ]
    if not 1 <= len(codes) <= LONGEST_LABEL:
        raise BadInput(
            f"{name!r} is no domain name: each part between dots has 1 to {LONGEST_LABEL} "
            "characters"
        )
    return "".join(_written(code) for code in codes)


def _written(code: int) -> str:
    character = chr(code).lower()
    return character if character in _PLAIN else f"\\{code:03o}"
