"""Accounts: whether InvoiceXpress takes their keys, has the taxes and series that their properties need, and what time it is there."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime

from mapping.errors import FaturaSyncError, UserError
from mapping.iva import REGIONS, Category, Location, rates_on, time_zone
from mapping.settings import Regime, Settings, TouristTax
from worker.accounts import Account
from worker.doctor.findings import Finding
from worker.invoicexpress.answers import Asked
from worker.invoicexpress.check import check_account
from worker.invoicexpress.client import InvoiceXpress, InvoiceXpressPool
from worker.invoicexpress.sequences import sequence_named
from worker.invoicexpress.taxes import tax_for
from worker.pauses import Pauses, PersonsPauses
from worker.services import Services

CLOCK = "clock"
OFF, FAR_OFF = timedelta(seconds=5), timedelta(seconds=60)
"""A Date header has whole seconds, and an answer takes some."""
EXEMPT = Decimal(0)


def look_at_accounts(services: Services) -> Iterator[Finding]:
    """Each account, and then the clock."""
    accounts = services.accounts.all()
    if not accounts:
        yield Finding.warning("accounts", "There is none.", "Connect one: faturasync account add NAME --subdomain S")
    asked: list[tuple[Asked, datetime]] = []
    with closing(InvoiceXpressPool(services.environment.invoicexpress_url)) as pool:
        for account in accounts:
            yield from _look_at(services, account, pool, asked)
    yield from _look_at_clock(asked)


def _look_at(
    services: Services, account: Account, pool: InvoiceXpressPool, asked: list[tuple[Asked, datetime]]
) -> Iterator[Finding]:
    place = f"account {account.name}"
    paused = PersonsPauses(services.store).all().get(account.name)
    if paused:
        said = f"{paused.who} has paused it."
        yield Finding.warning(place, said, f"Once what was wrong is mended: faturasync resume {account.name}")
    refusal = Pauses(services.store).of([account.name]).get(account.name)
    try:
        key = services.accounts.api_key(account.name)
        there = pool.account(account.subdomain, key, heard=lambda one: asked.append((one, services.clock())))
        check_account(there)
        wrong = list(_lacks(services, account, there))
    except UserError as error:
        yield Finding.fault(place, str(error), f"Then: faturasync account set {account.name}")
        return
    except FaturaSyncError as error:
        yield Finding.warning(place, str(error), "Ask again in a minute.")
        return
    if refusal:
        said = f"InvoiceXpress refuses its drafts: {refusal.words or refusal.reason}."
        yield Finding.fault(place, said, "Put that right in InvoiceXpress; its bookings then go on by themselves.")
    yield from wrong
    if not wrong and not refusal:
        yield Finding.good(place, "InvoiceXpress takes its key and has the taxes that its properties need.")


def _lacks(services: Services, account: Account, there: InvoiceXpress) -> Iterator[Finding]:
    """What its properties need of InvoiceXpress and it does not have."""
    place, taxes, sequences = f"account {account.name}", there.taxes(), there.sequences()
    told: set[str] = set()
    for found in services.properties.of(account.name):
        settings = found.settings.over(account.settings)
        if settings.location is None:
            yield Finding.warning(
                f"property {found.name}", "It has no location, so its bookings are parked.",
                f'faturasync property set {account.name} "{found.name}" --location mainland|madeira|azores',
            )  # fmt: skip
            continue
        region = REGIONS[settings.location]
        for rate in sorted(_rates(settings, settings.location, services.clock())):
            said = f"It has no tax of {rate.normalize():f} % for {region}, which {found.name} needs."
            if tax_for(taxes, rate, region) is None and (key := f"{rate} {region}") not in told:
                told.add(key)
                yield Finding.fault(place, said, "Add it in InvoiceXpress under Conta > Impostos.")
        series = settings.sequence
        if series and sequence_named(sequences, series) is None and series not in told:
            told.add(series)
            said = f"It has no series {series}, which {found.name} needs."
            yield Finding.fault(place, said, "Make it in InvoiceXpress, or set another one with --sequence.")


def _rates(settings: Settings, location: Location, now: datetime) -> set[Decimal]:
    """The rates in percent that a property's drafts have today."""
    if settings.regime is Regime.ART53:
        return {EXEMPT}
    here = rates_on(location, now.astimezone(time_zone(location)).date())
    own = settings.own_line_rate
    found = {here.reduced} if here else set()
    if own and here:
        found.add(here.of(Category(own)) if own in set(Category) else Decimal(own))
    if settings.tourist_tax is TouristTax.OWN_LINE:
        found.add(EXEMPT)
    return found


def _look_at_clock(asked: list[tuple[Asked, datetime]]) -> Iterator[Finding]:
    """The least that an answer's Date says this machine's clock is off by."""
    dated = [(parsedate_to_datetime(one.date), at) for one, at in asked if one.date]
    if not dated:
        return
    off = min((at - there for there, at in dated), key=abs)
    told = f"This machine's clock is {abs(off).total_seconds():.0f} s {'ahead of' if off > timedelta() else 'behind'} InvoiceXpress's."
    todo = "Let it be set by the network (timedatectl set-ntp true)."
    if abs(off) >= FAR_OFF:
        yield Finding.fault(CLOCK, told, todo)
    elif abs(off) >= OFF:
        yield Finding.warning(CLOCK, told, todo)
    else:
        yield Finding.good(CLOCK, "This machine's clock agrees with InvoiceXpress's.")
