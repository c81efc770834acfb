"""The `campaign` command. Errors are one line on stderr: exit 2 for misuse, 1 for failure.

Each command is imported when it is called: a server that has to be there at once does not read what only a migration
needs.
"""

import gc
import os
from importlib import import_module

import click
from sqlalchemy.exc import SQLAlchemyError

from campaign.core.errors import CampaignError, ConfigError

_MODULES = {
    "backup": "saving",
    "decrypt": "lists",
    "demo": "trying",
    "doctor": "health",
    "hide": "hiding",
    "invalidate": "invalidating",
    "keys": "sealing_keys",
    "migrate": "tables",
    "organizer": "organizers",
    "purge": "purging",
    "reconcile": "tables",
    "restore": "saving",
    "seed": "content",
    "serve": "running",
    "show": "hiding",
    "worker": "working",
}


class _Group(click.Group):
    """Finds commands by name, and turns our errors into one line; a traceback could hold what somebody typed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        command: click.Command = getattr(import_module(f"campaign.cli.{_MODULES[cmd_name]}"), cmd_name)
        if not gc.isenabled():
            # What has been loaded stays: never looked at again, nor copied by the processes of a server.
            gc.freeze()
            gc.enable()
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CampaignError as error:
            click.echo(f"campaign: {error}", err=True)
            ctx.exit(2 if isinstance(error, ConfigError) else 1)
        except OSError as error:
            click.echo(f"campaign: {error.filename or 'file'}: {error.strerror or 'cannot be used'}", err=True)
            ctx.exit(1)
        except SQLAlchemyError as error:
            click.echo(
                f"campaign: the database cannot be used ({type(error).__name__}); run `campaign migrate` if it is new, "
                "else `campaign doctor`",
                err=True,
            )
            ctx.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Petitions and solidarity campaigns."""
    os.umask(0o077)
