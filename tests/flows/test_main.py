"""`python -m flows`: one flow in this process, with the exit codes of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from prefect.settings import PREFECT_API_URL, temporary_settings

from crossfade.errors import BadInput
from crossfade.operations.status.status import history
from flows.__main__ import main, parameters

if TYPE_CHECKING:
    from click.testing import Result

    from tests.flows.conftest import Operator

WHERE = '{"environment": "production", "component": "web"}'


def _runs(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_it_runs_the_flow_and_prints_what_came_of_it(operator: Operator) -> None:
    operator.story.published("1.0.0")
    result = _runs("promote", WHERE, "--param", "version=1.0.0")
    assert result.exit_code == 0
    assert result.stdout.startswith("promote web nothing -> 1.0.0 in production: ")
    assert operator.story.live() == "1.0.0"


def test_the_journal_names_the_user_of_this_process(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSFADE_ACTOR", "ann@desk")
    operator.story.published("1.0.0")
    _runs("promote", WHERE, "-p", "version=1.0.0")
    by = history(operator.story.world(), "sites/production/web")[0].by
    assert (by.who, by.trigger) == ("ann@desk", "person")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("rollback", WHERE), 3, "Refused: sites/production/web: nothing was live before"),
        (("promote", WHERE, "-p", "version=9.9"), 2, "BadInput: web 9.9 is not published"),
        (("promote", WHERE), 2, "version: Field required"),
        (("rollback", WHERE, "-p", "mode=sideways"), 2, "mode: Input should be 'auto'"),
        (("rollback", WHERE, "-p", "colour=red"), 2, "colour"),
    ],
    ids=["refused", "bad input", "missing", "wrong value", "unknown name"],
)
@pytest.mark.usefixtures("operator")
def test_it_ends_with_the_exit_code_of_the_command_line(
    words: tuple[str, ...], code: int, told: str
) -> None:
    result = _runs(*words)
    assert result.exit_code == code
    assert told in result.stderr


def test_without_a_server_it_does_not_start_one() -> None:
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        result = _runs("rollback", WHERE)
    assert result.exit_code == BadInput.exit_code
    assert result.stderr.startswith("no Prefect server: set PREFECT_API_URL")


class TestParameters:
    def test_come_from_json_and_one_by_one(self) -> None:
        assert parameters(WHERE, ["version=1.10", 'train={"checkout": "2.0"}']) == {
            "environment": "production",
            "component": "web",
            "version": "1.10",
            "train": {"checkout": "2.0"},
        }

    def test_may_hold_the_sign_itself(self) -> None:
        assert parameters("{}", ["by=a=b"]) == {"by": "a=b"}

    @pytest.mark.parametrize(
        ("document", "pairs", "told"),
        [
            ("{", [], "the parameters cannot be read as JSON"),
            ("[]", [], "the parameters are a JSON object"),
            ("{}", ["version"], "--param is written NAME=VALUE, not 'version'"),
            ("{}", ["train={"], "train cannot be read as JSON"),
        ],
    )
    def test_that_cannot_be_read_are_refused(
        self, document: str, pairs: list[str], told: str
    ) -> None:
        with pytest.raises(BadInput, match=told):
            parameters(document, pairs)
