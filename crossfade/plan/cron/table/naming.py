"""The name of the program that a job's command is about, for suggesting the job's name."""

from __future__ import annotations

import re
import shlex

_REDIRECT = re.compile(r"(?:&|\d*)[<>]{1,2}(?:\||&)?\s*(?:\"[^\"]*\"|'[^']*'|[^\s;&|()]+)")
_PARTS = re.compile(r"&&|\|\||[;|&\n()]")
_ASSIGNMENT = re.compile(r"\w+=.*", re.DOTALL)
_SUBSTITUTED = re.compile(r"\$\([^()]*\)|`[^`]*`")
_KEYWORDS = frozenset(
    [
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "while",
        "until",
        "do",
        "done",
        "for",
        "case",
        "esac",
        "{",
        "}",
        "!",
        "time",
    ]
)
_GUARDS = frozenset(
    [
        "[",
        "[[",
        "]",
        "]]",
        "test",
        ":",
        "true",
        "false",
        "cd",
        "export",
        "set",
        "unset",
        "umask",
        "sleep",
        "source",
        ".",
        "exit",
        "command",
        "echo",
        "trap",
        "eval",
        "mkdir",
        "logger",
        "tee",
        "cat",
        "wait",
        "read",
    ]
)
"""Commands that stand beside the one that a job is about."""
_CARRIERS = frozenset(
    [
        "nice",
        "ionice",
        "chrt",
        "nohup",
        "env",
        "sudo",
        "su",
        "setsid",
        "time",
        "timeout",
        "flock",
        "chronic",
        "exec",
        "stdbuf",
        "systemd-cat",
        "cronic",
        "unbuffer",
        "ts",
    ]
)
"""Commands that run another: what follows their options is looked at."""
_WITH_OPERAND = frozenset({"timeout", "flock"})
_OPTIONS_WITH_WORD = {
    "nice": {"-n"},
    "ionice": {"-c", "-n"},
    "sudo": {"-u", "-g"},
    "env": {"-u"},
    "timeout": {"-k", "-s"},
    "flock": {"-w", "-E"},
    "systemd-cat": {"-t", "-p"},
}
_INTERPRETERS = re.compile(
    r"(?:ba|da|z|k|a)?sh|python[\d.]*|perl[\d.]*|php[\d.]*|ruby[\d.]*|node|java"
)
_LEAVE_OUT = ("/run/systemd/", "/etc/init.d/")


def program_of(script: str) -> str:
    """Return the name of the program that a script is most likely about; "job" if none is.

    The last command that does something of its own: no test, no `cd`, and never a file that output
    goes to.
    """
    parts = _PARTS.split(_REDIRECT.sub(" ", _SUBSTITUTED.sub(" ", script)))
    named = [name for name in map(_program, parts) if name]
    telling = [name for name in named if name not in _GUARDS]
    return (telling or named or ["job"])[-1]


def _program(part: str) -> str:
    words = [word for word in split(part) if word not in _KEYWORDS]
    while words:
        word, *words = words
        name = word.rstrip("/").rpartition("/")[2]
        if _ASSIGNMENT.fullmatch(word) or word.startswith(("-", *_LEAVE_OUT)) or not name:
            continue
        if name in _CARRIERS:
            words = _operands(name, words)[name in _WITH_OPERAND :]
            continue
        if not re.search(r"[^\W\d_]", name):
            continue
        if _INTERPRETERS.fullmatch(name):
            return _interpreted(name, words)
        return name
    return ""


def _interpreted(interpreter: str, words: list[str]) -> str:
    """Name what an interpreter runs: a module, a script, or the words of a script."""
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else ""
        if word in {"-m", "-jar"} and following:
            return following.rpartition("/")[2]
        if re.fullmatch(r"-\w*c", word) and interpreter.endswith("sh"):
            return program_of(following) if following else interpreter
        if word in {"-c", "-e", "-r"}:
            return interpreter
        if not word.startswith("-"):
            return word.rpartition("/")[2] or interpreter
    return interpreter


def _operands(carrier: str, words: list[str]) -> list[str]:
    """Leave out the options that stand first, and the words that belong to them."""
    with_word = _OPTIONS_WITH_WORD.get(carrier, set())
    while words and words[0].startswith("-"):
        words = words[2 if words[0] in with_word else 1 :]
    return words


def split(text: str) -> list[str]:
    """Split a text into words as a shell does; at its blanks if its quotes do not match."""
    try:
        return shlex.split(text)
    except ValueError:  # the shell will complain, not we
        return text.split()
