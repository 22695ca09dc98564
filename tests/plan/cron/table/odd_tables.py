"""Tables as people write them, and odder ones: for comparing our reading with cron's own."""

from __future__ import annotations

from hypothesis import strategies as st

_MONTHS = ["jan", "Feb", "MAR", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "Mon", "TUE", "wed", "thu", "fri", "sat"]
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_BLANKS = st.sampled_from([" ", " ", " ", "\t", "  ", " \t "])
_ODD_NUMBERS = st.sampled_from(
    [
        "00",
        "007",
        "60",
        "99",
        "4294967296",
        "2147483648",
        "18446744073709551617",
        "x",
        "1x",
        "",
        "?",
    ]
)
_JUNK = st.sampled_from(
    ["", "", "", "", "", "", ".5", "x", "#2", "L", "W", "~9", "-", "/", "é", "\r"]
)


def _numbers(low: int, high: int, names: list[str]) -> st.SearchStrategy[str]:
    fitting = st.integers(low, high).map(str)
    beside = st.integers(max(low - 1, 0), high + 2).map(str)
    named = [st.sampled_from(names)] if names else []
    return st.one_of(fitting, fitting, fitting, fitting, beside, *named, _ODD_NUMBERS)


def _field(number: int) -> st.SearchStrategy[str]:
    """One of the five fields: mostly right."""
    low, high = _BOUNDS[number]
    values = _numbers(low, high, {3: _MONTHS, 4: _DAYS}.get(number, []))
    steps = st.sampled_from(["", "", "", "/2", "/15", "/0", "/100", "/x", "/", "/2147483647"])
    ranges = st.tuples(values, st.sampled_from("--~"), values).map("".join)
    part = st.one_of(st.just("*"), st.just("*"), values, ranges)
    whole = st.tuples(part, steps, _JUNK).map("".join)
    plain = st.one_of(
        st.just("*"), st.integers(low, high).map(str), st.sampled_from(["*/5", "*/2"])
    )
    lists = st.lists(st.one_of(plain, whole), min_size=1, max_size=3).map(",".join)
    return st.one_of(*[plain] * 14, lists)


_COMMANDS = st.one_of(
    st.sampled_from(
        [
            "/opt/run", "date +\\%F", "cat%one%two", "cd /srv && ./run", "echo 'a' # comment", "",
            "*", "* x", "grüße", "=x", "x\r", "'open", "\xa0x", "x\0y", "1 x", "A=b x",
            *["/opt/run --all"] * 20,
        ]
    ),
    st.integers(985, 1005).map("x".__mul__),
    st.integers(490, 505).map("ä".__mul__),
)  # fmt: skip
_NICKNAMES = st.sampled_from(
    [
        "@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly",
        *["@daily"] * 14, "@Daily", "@DAILY", "@every", "@daily\r", "@", "@ daily",
    ]
)  # fmt: skip
_NAMES = st.sampled_from(
    ["A", "PATH", "MAILTO", '"A B"', "'A'", "", "A B", '"A', "Ä", "A'", "=", "5"]
)
_VALUES = st.one_of(
    st.sampled_from(
        [
            "", " ", "x", "a b ", '"x"', "'x y '", '"x" # why', '"x', "x'", "'", '"', "x # y", "''",
            "\"'x'\"", "é", "\r", '"x"\r', "a=b", "\xa0", "'x' '", '"\\"',
        ]
    ),
    st.integers(985, 1005).map("v".__mul__),
    st.integers(985, 1005).map(lambda length: '"' + "v" * length + '"'),
)  # fmt: skip


_USERS = st.sampled_from([*["root"] * 8, "nobody", "cd", "/opt/run", "no-such-user", ""])


@st.composite
def _jobs(draw: st.DrawFn, *, system: bool) -> str:
    fields = [draw(_field(number)) for number in range(5)]
    if draw(st.integers(0, 19)) == 0:
        fields.insert(draw(st.integers(0, 5)), draw(st.sampled_from(["*", "0", "2026"])))
    if draw(st.integers(0, 29)) == 0:
        fields.pop()
    if system:
        fields.append(draw(_USERS))
    return "".join(field + draw(_BLANKS) for field in fields) + draw(_COMMANDS)


_SETTINGS = st.tuples(
    _NAMES, st.sampled_from(["=", "=", " = ", "= ", " =", "\t=\t", " "]), _VALUES
).map("".join)
_OTHERS = st.sampled_from(
    [
        *["", "# words", "  # words", "#"] * 4,
        "\r", " ", "\t", "\xa0", "\f", "words", "* * * * *", "\ufeff",
        "-* * * * * x", "'", '"', "\0", "# \0",
    ]
)  # fmt: skip
_INDENTS = st.sampled_from([*[""] * 30, " ", "\t", " \t", "\xa0", "\v", "\u3000"])
_ENDS = st.sampled_from([*["\n"] * 15, "\r\n"])


@st.composite
def _lines(draw: st.DrawFn, *, system: bool) -> str:
    users = _USERS if system else st.just("")
    named = st.tuples(_NICKNAMES, _BLANKS, users, _BLANKS | st.just(""), _COMMANDS).map("".join)
    jobs = _jobs(system=system)
    kinds = [jobs, jobs, jobs, _SETTINGS, named, _OTHERS]
    return draw(_INDENTS) + draw(st.one_of(kinds))


@st.composite
def tables(draw: st.DrawFn, *, system: bool = False) -> bytes:
    """A table of a few lines, a user's or a system's."""
    lines = _lines(system=system)
    text = "".join(draw(lines) + draw(_ENDS) for _ in range(draw(st.integers(0, 4))))
    text += draw(lines) if draw(st.integers(0, 14)) == 0 else ""
    coding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "latin-1"]))
    content = text.encode(coding, "replace")
    if draw(st.integers(0, 29)) == 0:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(min_size=1, max_size=2)) + content[at:]
    return content
