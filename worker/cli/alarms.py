"""`faturasync alarms`, and `faturasync alarms test`."""

from datetime import datetime

import click

from mapping.errors import UserError
from worker.alarms import AlarmState, alarm_json, alarm_state
from worker.announcing import Announcer, Nature
from worker.cli.context import json_option, opened, print_json
from worker.services import Services
from worker.spans import span

MISSED_LOOKS = 5
"""After as many it is said that nobody looks."""
NOWHERE = "ALARM_URLS is not set, so nobody is told of alarms; docs/alarms.md shows how to."


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def alarms(context: click.Context, *, as_json: bool) -> None:
    """Which alarms are open, and where they are sent. `faturasync alarms test` sends a message to try it out."""
    if context.invoked_subcommand:
        return
    with opened() as services:
        state = alarm_state(services.store)
        kinds = Announcer(services.environment.alarms.addresses).kinds
        if as_json:
            print_json(_json(services, state, kinds))
        else:
            _print(services, state, kinds)


@alarms.command()
def test() -> None:
    """Send a message to each address, and say what each made of it."""
    with opened() as services:
        announcer, console = Announcer(services.environment.alarms.addresses), services.environment.console_url
    if not announcer.kinds:
        raise UserError(NOWHERE)
    text = "This is how alarms and the daily digest arrive. Nothing is wrong."
    answers = announcer.send("FaturaSync: a test", f"{text}\n\n{console}" if console else text, Nature.DIGEST)
    for answer in answers:
        click.echo(f"{answer.kind}: {'took it' if answer.took_it else f'did not take it: {answer.why}'}.")
    if not any(answer.took_it for answer in answers):
        raise UserError("Nobody took the message, so alarms would not arrive. Correct ALARM_URLS (docs/alarms.md).")


def _print(services: Services, state: AlarmState, kinds: list[str]) -> None:
    now = services.clock()
    if not state.open:
        click.echo("No alarm is open.")
    for alarm in state.open:
        untold = "" if alarm.is_told else "; nobody was told of it yet"
        click.echo(f"{alarm.title} (for {_age(alarm.since, now)}{untold})\n  {alarm.todo}")
    click.echo(f"Sent to: {', '.join(kinds)}." if kinds else NOWHERE)
    for kind, at in state.not_taken.items():
        click.echo(f"{kind} did not take a message {_age(at, now)} ago. Try it: faturasync alarms test")
    if _is_looked_after(services, state) and state.looked_at:
        click.echo(f"Last look {_age(state.looked_at, now)} ago.")
    elif state.looked_at:
        click.echo("Nobody looks for alarms: start the receiver, the console or a worker.")
    else:
        click.echo("Nobody has looked for alarms yet: the receiver, the console or a worker do once a minute.")


def _json(services: Services, state: AlarmState, kinds: list[str]) -> dict[str, object]:
    return {
        "open": [alarm_json(alarm) for alarm in state.open],
        "sent_to": kinds,
        "not_taken": {kind: at.isoformat() for kind, at in state.not_taken.items()},
        "looked_at": state.looked_at.isoformat() if state.looked_at else None,
        "looked_after": _is_looked_after(services, state),
    }


def _is_looked_after(services: Services, state: AlarmState) -> bool:
    """Whether somebody looked lately."""
    if state.looked_at is None:
        return False
    seconds = (services.clock() - state.looked_at).total_seconds()
    return seconds < MISSED_LOOKS * services.environment.alarms.look_seconds


def _age(at: datetime, now: datetime) -> str:
    return span((now - at).total_seconds())
