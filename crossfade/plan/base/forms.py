"""JSON schemas of run forms: names to choose from that refuse no other.

A schema's `enum` is a law: a server that checks against a list of last week refuses the release of
today. So the list stands beside free text, as one of two alternatives. Both of Prefect's pages show
two tabs, the list first; the list has no type of its own, or the older page would hand what is
typed back to it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Schema: TypeAlias = dict[str, Any]

OFFERED = 50
"""Names that a list offers at the most; the first ones."""

CHOOSE, TYPE = "Choose", "Type"
"""The two tabs."""


_OWN = ("title", "description", "default")


def suggesting(schema: Schema, names: Sequence[str], *, kind: str = "") -> Schema:
    """Offer names beside what a schema takes anyway; without names it stays as it is.

    Args:
        schema: Of one value.
        names: What to choose from.
        kind: What they are, so that `with_name` finds the list again.
    """
    if not names:
        return schema
    own: Schema = {key: schema[key] for key in _OWN if key in schema}
    free = {key: value for key, value in schema.items() if key not in own}
    chosen = {
        "title": CHOOSE,
        "enum": list(names[:OFFERED]),
        **({"$comment": kind} if kind else {}),
    }
    return {**own, "anyOf": [chosen, {"title": TYPE, **free}]}


def with_name(schema: Schema, kind: str, name: str) -> Schema:
    """Offer one more name, first, wherever a schema offers names of that kind."""
    changed = deepcopy(schema)
    for chosen in _lists(changed, kind):
        others = [one for one in chosen["enum"] if one != name]
        chosen["enum"] = [name, *others][:OFFERED]
    return changed


def only(schema: Schema, values: Mapping[str, str]) -> Schema:
    """Take one value alone for some properties, and fill it in."""
    properties = dict(schema["properties"])
    for name, value in values.items():
        told = {key: text for key, text in properties[name].items() if key in _TOLD}
        properties[name] = {**told, "type": "string", "enum": [value], "default": value}
    return {**schema, "properties": properties}


_TOLD = {"title", "description", "position"}


def _lists(node: Any, kind: str) -> Iterator[Schema]:  # noqa: ANN401  any part of a document
    if isinstance(node, dict):
        if node.get("$comment") == kind and isinstance(node.get("enum"), list):
            yield node
        for value in node.values():
            yield from _lists(value, kind)
    elif isinstance(node, list):
        for value in node:
            yield from _lists(value, kind)
