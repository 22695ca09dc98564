"""How commands fail: one line that says what to do, an exit code, and no traceback."""

from __future__ import annotations

import json
import signal

import click
import pytest

from crossfade.cli.app.app import run
from crossfade.errors import BadInput, Conflict, Failed, Refused, Unavailable
from crossfade.operations.journal.lease import LeaseLost
from crossfade.operations.sites.site_probe import SiteWrong

ENDINGS = [
    (BadInput("mend it"), "bad input: mend it", 2),
    (Refused("another is open"), "refused: another is open", 3),
    (Conflict("the world moved"), "conflict: the world moved", 3),
    (LeaseLost("it moved on"), "conflict: it moved on", 3),
    (Unavailable("no answer"), "unavailable: no answer", 1),
    (Failed("it stopped"), "failed: it stopped", 1),
    (SiteWrong("2 files"), "failed: 2 files", 1),
    (Failed("two\nlines \x1b[31m"), "failed: two\\x0alines \\x1b[31m", 1),
]


def failing(error: BaseException) -> click.Command:
    """Return a command that fails."""

    @click.command
    @click.option("--json", "as_json", is_flag=True)
    def fails(*, as_json: bool) -> None:
        del as_json
        raise error

    return fails


@pytest.mark.parametrize(("error", "line", "code"), ENDINGS)
def test_an_error_is_one_line_and_its_exit_code(
    error: BaseException, line: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([], failing(error)) == code
    assert capsys.readouterr() == ("", f"{line}\n")


@pytest.mark.parametrize(("error", "line", "code"), ENDINGS)
def test_for_a_script_an_error_is_one_object(
    error: BaseException, line: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    del line
    assert run(["--json"], failing(error)) == code
    out, err = capsys.readouterr()
    document = json.loads(out)["error"]
    assert (document["message"], document["exit"], err) == (str(error), code, "")
    assert document["kind"].replace("_", " ").islower()


def test_a_fault_of_crossfade_tells_no_password_either(capsys: pytest.CaptureFixture[str]) -> None:
    run([], failing(RuntimeError("nothing at http://user:s3cret@s3.example")))
    assert "RuntimeError: nothing at http://…@s3.example." in capsys.readouterr().err


def test_a_fault_of_crossfade_is_one_line_that_says_where_to_turn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([], failing(ZeroDivisionError("a \n fault"))) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("unexpected: ZeroDivisionError: a fault. This is a fault in crossfade")
    assert "CROSSFADE_DEBUG=1" in err
    assert err.count("\n") == 1


def test_the_traceback_is_shown_to_those_who_ask_for_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSFADE_DEBUG", "1")
    run([], failing(ZeroDivisionError("a fault")))
    assert "Traceback (most recent call last):" in capsys.readouterr().err


def test_an_interruption_ends_with_the_shells_code_for_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([], failing(KeyboardInterrupt())) == 130
    assert "interrupted: `crossfade status` shows whether" in capsys.readouterr().err


def test_an_operation_that_stopped_because_of_an_interruption_has_that_code_too() -> None:
    stopped = Failed("promote stopped")
    stopped.__cause__ = KeyboardInterrupt()
    assert run([], failing(stopped)) == 130


def test_a_chain_of_causes_that_is_a_circle_has_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    why = Refused("Route 53 refused it")
    stopped = Failed("back stopped")
    stopped.__cause__, why.__cause__ = why, stopped
    assert run([], failing(stopped)) == 1
    assert capsys.readouterr().err == "failed: back stopped\n"


def test_a_wrong_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--jsno"], failing(Failed("never"))) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "No such option" in err
    assert run(["--json", "--jsno"], failing(Failed("never"))) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["kind"] == "bad_input"
    assert err == ""


def test_words_after_two_dashes_are_no_options_of_crossfade(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["--", "--json"], failing(Failed("never"))) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "unexpected extra argument" in err


def test_the_handlers_of_signals_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    run([], failing(Failed("it stopped")))
    assert signal.getsignal(signal.SIGTERM) is before
