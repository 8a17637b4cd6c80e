"""Open alarms in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l

from worker.alarm_causes import AlarmCause
from worker.alarms import Alarm

TITLES: Mapping[AlarmCause, str] = {
    AlarmCause.WORKERS: _l("No worker is alive"),
    AlarmCause.SCHEDULER: _l("The scheduler does not run"),
    AlarmCause.SWEEPER: _l("The sweeper does not run"),
    AlarmCause.LOOK: _l("The look for alarms fails"),
    AlarmCause.KEY_REFUSED: _l("InvoiceXpress refuses the API key"),
    AlarmCause.QUOTA_SPENT: _l("The document quota is spent"),
    AlarmCause.BACKLOG: _l("Bookings have been waiting for too long"),
    AlarmCause.UNREADABLE: _l("Deliveries cannot be read"),
    AlarmCause.SILENT: _l("The connection is silent"),
    AlarmCause.DRAFTS: _l("Drafts were not finalised in time"),
    AlarmCause.STAYS: _l("Stays ended without a document"),
}


@dataclass(frozen=True, kw_only=True)
class SaidAlarm:
    """An alarm as it is shown; what to do about it stands with what it is about, further down and on other pages."""

    title: str
    subject: str
    since: datetime


def said_alarm(alarm: Alarm) -> SaidAlarm:
    """The alarm for people."""
    return SaidAlarm(title=str(TITLES[alarm.cause]), subject=alarm.subject, since=alarm.since)
