"""The entry point: every fault becomes one sentence, no traceback reaches a user."""

import os
import sys

import click
from redis import RedisError

from mapping.errors import FaturaSyncError
from worker.cli.accounts import account, adopt
from worker.cli.alarms import alarms
from worker.cli.audit import audit
from worker.cli.backup import backup, restore
from worker.cli.bookings import bookings, retry, show
from worker.cli.connections import connection
from worker.cli.decisions import correct, draft, ignore
from worker.cli.doctor import doctor
from worker.cli.guests import guest
from worker.cli.keys import keys
from worker.cli.missing import missing
from worker.cli.processes import console, receiver, sandbox, up, worker
from worker.cli.properties import property_
from worker.cli.queues import pause, queues, reminders, resume
from worker.cli.samples import deliver, preview
from worker.logs import story


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="faturasync")
def faturasync() -> None:
    """Turn short-term-rental bookings into draft invoices in InvoiceXpress.

    Start with: faturasync up --sandbox
    """


for _command in (
    up, receiver, worker, console, sandbox, account, property_, connection, bookings, show, retry, correct, ignore, draft,
    adopt, preview, deliver, queues, pause, resume, reminders, audit, doctor, alarms,
    guest, keys, backup, restore, missing,
):  # fmt: skip
    faturasync.add_command(_command)


def main() -> None:
    """Run the command line: exit code 0 when done, 1 for a fault said in one sentence, 2 for wrong usage."""
    try:
        faturasync(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        _fail("Stopped.")
    except FaturaSyncError as error:
        _fail(str(error))
    except RedisError as error:
        _fail(f"The store does not answer ({type(error).__name__}). Start Redis, or correct REDIS_URL.")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 a traceback is no use to a user; its place is, to whom it is reported
        _fail(f"FaturaSync met an error of its own, please report it: {story(error)}")


def _fail(sentence: str) -> None:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(1)
