"""Times as the reader's clock shows them.

The store keeps naive UTC; the browser says in which zone its reader lives. Everything that shows a
time on the screen goes through here, so that one moment never has two spellings. Where the browser
says nothing, or names a zone that nobody knows, the zone is UTC.
"""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st

NONE = "no time logged"
# Those that the database knows too. What a browser says is only a text.
ZONES = available_timezones() - {"localtime"}


def zone_name() -> str:
    """The reader's zone, as in "Europe/Berlin"; it heads columns of times."""
    name = st.context.timezone or "UTC"
    return name if name in ZONES else "UTC"


def local(moment: datetime) -> datetime:
    """A moment by the reader's clock, without its zone: for cells of a table."""
    return _aware(moment).astimezone(_zone()).replace(tzinfo=None)


def when(moment: datetime | None) -> str:
    """A moment in words, as in "23 Nov 2026, 11:00 CET"."""
    if moment is None:
        return NONE
    read = _aware(moment).astimezone(_zone())
    zone = read.tzname() or ""
    if zone[:1] in "+-":  # most zones have no letters of their own
        zone = f"UTC{zone}"
    return f"{read.day} {read:%b %Y, %H:%M} {zone}"


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _zone() -> tzinfo:
    return ZoneInfo(zone_name())
