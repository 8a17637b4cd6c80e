"""Settings in forms: what the inputs show, what was typed into them, and how a setting is told in words."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from pydantic import ValidationError

from mapping.booking import Channel
from mapping.figures import EURO
from mapping.settings import Settings
from webhook.console.formats import day, percent
from webhook.console.setting_fields import ACCOUNT, PROPERTY, Field, Group
from webhook.console.texts import channel

__all__ = ["ACCOUNT", "CHANNELS", "PROPERTY", "read", "summary", "told", "typed", "usual"]

CHANNELS = tuple(each.value for each in Channel)


def fields_of(groups: Iterable[Group]) -> list[Field]:
    """Their fields, in order."""
    return [each for group in groups for each in group.fields]


def typed(settings: Settings, groups: Iterable[Group]) -> dict[str, str]:
    """What the form shows for `settings`, by the name of each input."""
    found: dict[str, str] = {}
    said = settings.model_dump(mode="json", exclude_none=True)
    for each in fields_of(groups):
        value = said.get(each.name)
        match each.kind:
            case "percents" | "choices":
                found |= {f"{each.name}-{name}": str(single) for name, single in (value or {}).items()}
            case "exchange":
                found[each.name] = "\n".join(f"{name}={rate}" for name, rate in (value or {}).items())
            case _:
                found[each.name] = "" if value is None else str(value)
    return found


def read(form: Mapping[str, str], groups: Iterable[Group], before: Settings) -> tuple[Settings, dict[str, str]]:
    """`before` with what the form says in its place, and what is wrong with that: the problem of each field by its name."""
    fields = {each.name: each for each in fields_of(groups)}
    given = {name: _given(form, each) for name, each in fields.items()}
    try:
        said = Settings.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        wrong = {str(found["loc"][0]) for found in error.errors(include_url=False, include_context=False)}
        return before, {name: str(fields[name].problem) for name in fields if name in wrong}
    if EURO in said.exchange:
        return before, {"exchange": str(_("Euros are what everything is in already."))}
    return before.model_copy(update={name: getattr(said, name) for name in fields}), {}


def told(each: Field, value: Any) -> str:
    """A setting's value in words."""
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Mapping):
        return ", ".join(_told_one(each, name, single) for name, single in value.items())
    text = str(value)
    if text.startswith("own-line=") and text not in each.choices:
        return str(_("a line of its own at %(rate)s", rate=percent(text.partition("=")[2])))
    return str(each.choices.get(text, text))


def summary(settings: Settings, groups: Iterable[Group]) -> list[tuple[Field, str]]:
    """Every setting that is said, in words."""
    said = [(each, getattr(settings, each.name)) for each in fields_of(groups)]
    return [(each, told(each, value)) for each, value in said if value is not None and value != {}]


def usual(each: Field, above: Settings | None) -> str:
    """What holds where nothing is said: the account's word for a property, else the default; "" where that is nothing."""
    value = getattr(above, each.name) if above else None
    if value is not None and value != {}:
        return str(_("as the account: %(value)s", value=told(each, value)))
    if not each.default:
        return ""
    return str(_("as usual: %(value)s", value=told(each, each.default)))


def _given(form: Mapping[str, str], each: Field) -> Any:
    match each.kind:
        case "percents" | "choices":
            named = ((name, form.get(f"{each.name}-{name}", "").strip()) for name in CHANNELS)
            return {name: _number(text).removesuffix("%").rstrip() for name, text in named if text}
        case "exchange":
            lines = filter(None, map(str.strip, form.get(each.name, "").splitlines()))
            return {name.strip(): _number(rate) for name, _equals, rate in (line.partition("=") for line in lines)}
        case _:
            return form.get(each.name, "").strip()


def _number(text: str) -> str:
    return text.strip().replace(",", ".")


def _told_one(each: Field, name: str, single: Any) -> str:
    match each.kind:
        case "percents":
            return f"{channel(name)} {percent(single)}"
        case "exchange":
            return f"1 {name} = {single:f} €"
        case _:
            return f"{channel(name)}: {each.choices.get(str(single), single)}"
