"""How vendors write an instant, and the periods their files are cut by."""

from datetime import datetime, timedelta

from nines.simulation.clock import to_local


def zulu(moment: datetime) -> str:
    """Write an instant as most JSON does: 2026-05-12T14:02:00Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def local_text(moment: datetime, zone: str) -> str:
    """Write a UTC instant as the local time of an IANA zone, with that moment's offset."""
    return to_local(moment, zone).isoformat()


def with_milliseconds(moment: datetime, zone: str) -> str:
    """Write an instant as a status page does: milliseconds, and the offset of the page's zone."""
    text = to_local(moment, zone).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z" if zone == "Etc/UTC" else text


def day_first(moment: datetime) -> str:
    """Write an instant as ServiceNow's log does: 29/2/2016 01:16, without a zone."""
    return f"{moment.day}/{moment.month}/{moment.year} {moment:%H:%M}"


def one_digit_hour(moment: datetime) -> str:
    """Write an instant as a warehouse connector does: 2026-05-13 0:10:00, without a zone."""
    return f"{moment:%Y-%m-%d} {moment.hour}:{moment:%M:%S}"


def quarter_name(moment: datetime) -> str:
    """Return the quarter an instant is in, as files are named: 2026q2."""
    return f"{moment.year}q{(moment.month + 2) // 3}"


def next_whole_minute(moment: datetime) -> datetime:
    """Return the first whole minute at or after an instant."""
    return moment + timedelta(seconds=-moment.second % 60)
