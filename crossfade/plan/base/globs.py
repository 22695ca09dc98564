"""Globs: how patterns in the configuration name files of a release."""

from __future__ import annotations

from fnmatch import fnmatchcase

from crossfade.errors import BadInput


def check_glob(pattern: str, *, setting: str) -> None:
    """Refuse a pattern that would not mean what it seems to mean.

    Args:
        pattern: The pattern, as configured.
        setting: The setting that it stands in, for the message.

    Raises:
        BadInput: It starts or ends with `/`, has an empty part, or `**` is not a part of its own.
    """
    parts = pattern.split("/")
    mend = ""
    if not pattern.strip("/"):
        mend = "name files, such as index.html or assets/**"
    elif pattern.startswith("/"):
        mend = f"patterns start at the release's top, write {pattern.lstrip('/')!r}"
    elif pattern.endswith("/"):
        mend = f"for everything in a folder, write {pattern.rstrip('/') + '/**'!r}"
    elif "" in parts or {".", ".."} & set(parts):
        mend = "write it without empty parts, `.` or `..`"
    elif any("**" in part and part != "**" for part in parts):
        mend = "`**` stands for whole folders and is a part of its own, as in **/*.html"
    if mend:
        raise BadInput(f"{setting}: {pattern!r} matches no file: {mend}")


def matches(path: str, pattern: str) -> bool:
    """Whether a pattern names a path.

    A pattern covers the whole path, from the release's top, part by part between slashes:

    - `*` is any text within one part, also none: `*.html` is `a.html`, not `docs/a.html`
    - `?` is one character, `[abc]` one of these, `[!abc]` one of the others; `[[]` is a plain `[`
    - `**`, alone between slashes, is any number of folders, also none: `**/*.html` is every page,
      `assets/**` is everything under `assets`

    Letters match in their own case only, and a name that starts with a dot is a name like others.
    """
    return _match(path.split("/"), pattern.split("/"))


def _match(names: list[str], parts: list[str]) -> bool:
    """Match part by part; on a mismatch, let the last `**` take one name more and try again."""
    name = part = 0
    retry: tuple[int, int] | None = None
    while name < len(names):
        if part < len(parts) and parts[part] == "**":
            part += 1
            retry = (name, part)
        elif part < len(parts) and fnmatchcase(names[name], parts[part]):
            name, part = name + 1, part + 1
        elif retry is not None:
            retry = (retry[0] + 1, retry[1])
            name, part = retry
        else:
            return False
    return all(rest == "**" for rest in parts[part:])
