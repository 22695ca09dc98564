"""The table of commands. A new one is an entry here and a module of its own."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is, and its line in the overview.

    The module is loaded when the command is used: the overview and the readers must not wait for
    what other commands need.
    """

    module: str
    name: str
    help: str


COMMANDS = {
    "status": Entry(
        "crossfade.cli.commands.status", "status", "Say what is live and what is open."
    ),
    "history": Entry(
        "crossfade.cli.commands.status", "history", "List the operations of a subject."
    ),
    "report": Entry(
        "crossfade.cli.commands.report",
        "report",
        "Write one page that tells everybody how it stands.",
    ),
    "releases": Entry(
        "crossfade.cli.commands.releases", "releases", "List releases; pin and unpin them."
    ),
    "publish": Entry("crossfade.cli.commands.publish", "publish", "Make a release of a build."),
    "promote": Entry(
        "crossfade.cli.commands.promote", "promote", "Make releases live in an environment."
    ),
    "rollback": Entry(
        "crossfade.cli.commands.promote", "rollback", "Go back to what was live before."
    ),
    "purge": Entry(
        "crossfade.cli.commands.purge", "purge", "Delete old releases; a dry run by default."
    ),
    "resume": Entry(
        "crossfade.cli.commands.settle", "resume", "Finish an operation that is left open."
    ),
    "reverse": Entry("crossfade.cli.commands.settle", "reverse", "Take an operation back."),
    "migrate": Entry(
        "crossfade.cli.commands.ramp", "migrate", "Run a migration's ramp to its end."
    ),
    "advance": Entry(
        "crossfade.cli.commands.ramp", "advance", "Take one decision about a migration."
    ),
    "hold": Entry("crossfade.cli.commands.ramp", "hold", "Freeze a migration, or let it go on."),
    "back": Entry("crossfade.cli.commands.ramp", "back", "Return a migration by one checkpoint."),
    "abort": Entry("crossfade.cli.commands.ramp", "abort", "Return a migration to its baseline."),
    "finish": Entry("crossfade.cli.commands.ramp", "finish", "Give up a migration's way back."),
    "approve": Entry(
        "crossfade.cli.commands.consent", "approve", "Approve a migration's next change."
    ),
    "override": Entry("crossfade.cli.commands.consent", "override", "Pass a gate, with a reason."),
    "gate": Entry(
        "crossfade.cli.commands.consent", "gate", "Ask gates without acting on the answer."
    ),
    "cron": Entry(
        "crossfade.cli.commands.cron.cron", "cron", "Cron jobs: who ran them; tables; the lock."
    ),
    "move-cron": Entry(
        "crossfade.cli.commands.cron.move", "move_cron", "Move cron jobs to new, or back."
    ),
    "tandem": Entry(
        "crossfade.cli.commands.tandem", "tandem", "Release one version to both platforms."
    ),
    "ready": Entry(
        "crossfade.cli.commands.tandem", "ready", "Report that a platform is ready with a version."
    ),
    "doctor": Entry(
        "crossfade.cli.commands.doctor", "doctor", "Examine everything; say what to mend."
    ),
    "local": Entry(
        "crossfade.cli.commands.local", "local", "Run the embedded stack, or the demo on it."
    ),
}


class Commands(click.Group):
    """A group whose commands are loaded when they are used.

    Attributes:
        table: Its commands, in the order of the overview.
        called: How the group is called on the command line.
    """

    table: ClassVar[Mapping[str, Entry]] = COMMANDS
    called: ClassVar[str] = "crossfade"

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        del ctx
        entry = self.table.get(cmd_name)
        if entry is None:
            return None
        command = getattr(import_module(entry.module), entry.name)
        assert isinstance(command, click.Command)  # noqa: S101  the table names commands only
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the words ask for, or say which one may have been meant."""
        word = args[0]
        if word not in self.table and not word.startswith("-"):
            near = get_close_matches(word, self.table, n=1)
            mend = f"did you mean {near[0]!r}?" if near else f"`{self.called} --help` lists them."
            ctx.fail(f"there is no command {word!r}; {mend}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table alone."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crossfade", message="%(prog)s %(version)s")
def crossfade() -> None:
    """Move production from one thing to the next, and always back.

    The configuration is crossfade.toml in the working directory, or the file that CROSSFADE_CONFIG
    names; AWS credentials, region and endpoints come from the standard AWS variables.

    Exit codes: 0 done, 1 failed, 2 bad input or configuration, 3 refused, 130 interrupted.
    """
    if not gc.isenabled():  # turned off by `main` while modules load
        gc.freeze()
        gc.enable()
