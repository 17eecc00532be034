"""What services were expected to need, and what they did need."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from nines.simulation.practice.calendars import (
    EVENING,
    MORNING,
    midnight,
    next_month,
    utc_at,
    weekday_from,
)
from nines.simulation.practice.circumstances import Circumstances
from nines.simulation.practice.records import Forecast, Peak
from nines.simulation.truth import Service

UNIT = "requests per hour"
_MONTHS_AHEAD = (3, 2, 1)  # a forecast is made about so many months before its month
# The busiest hour of a month, in permille of its mean hour, by calendar month.
_SEASON = (1900, 1850, 1950, 1950, 2000, 2000, 1900, 1850, 2000, 2100, 2600, 2800)
_SURPRISES = (("none", 30), ("launch", 2), ("lull", 1))
# How far off the last forecast is, in permille of the actual peak; earlier ones are further off.
_ERRORS = {
    "steady": (
        (0, 1), (200, 1), (-200, 1), (60, 3), (-60, 3), (120, 3), (-140, 3), (190, 1), (-280, 3),
        (350, 2), (-420, 1),
    ),
    "better": ((30, 3), (-40, 3), (90, 2), (-110, 2), (-190, 1), (260, 1)),
    "drowning": ((-150, 1), (-300, 2), (-450, 2), (80, 2), (400, 1)),
}  # fmt: skip
_TOO_LATE_PERMILLE = 60  # of the months are forecast once more when they have begun
_SWITCHED_OFF_PERMILLE = 6  # of the service-months: moved elsewhere, out of season


def forecast_peaks(company: Circumstances) -> tuple[list[Forecast], list[Peak]]:
    """Return the forecasts and the peaks of every service and month, months of the future too."""
    forecasts: list[Forecast] = []
    peaks: list[Peak] = []
    for service in company.truth.services:
        capacity = 0
        for month in _months(company, service):
            peak, is_off = _peak(company, service, month)
            capacity = _capacity(capacity, peak)
            forecasts += _forecasts(company, service, month, peak)
            if midnight(next_month(month)) <= company.end_at:
                seen = 0 if is_off else peak
                peaks.append(Peak(service.service_id, month, seen, capacity, UNIT))
    return forecasts, peaks


def _months(company: Circumstances, service: Service) -> Iterator[date]:
    """Yield the months a service saw whole, and those after that could be forecast."""
    start = company.service_start(service)
    month = start.date().replace(day=1)
    if midnight(month) < start:
        month = next_month(month)
    last = company.end_at.date() + timedelta(days=31 * _MONTHS_AHEAD[0])
    while month <= last:
        yield month
        month = next_month(month)


def _peak(company: Circumstances, service: Service, month: date) -> tuple[int, bool]:
    """Return the peak a month has, and whether the service was switched off instead."""
    draws = company.draws
    key = (service.service_id, month)
    days = (midnight(month) - company.start_at).days
    growth = 1000 + service.growth_permille_per_year * days // 365
    peak = service.requests_per_hour * max(100, growth) * _SEASON[month.month - 1] // 1_000_000
    peak = peak * draws.integer(930, 1080, "peak", *key) // 1000
    surprise = draws.weighted(_SURPRISES, "surprise", *key)
    if surprise == "launch":
        peak = peak * draws.integer(1250, 1700, "launch", *key) // 1000
    elif surprise == "lull":
        peak = peak * draws.integer(500, 800, "lull", *key) // 1000
    # Planners read peaks off a chart, in steps of five.
    return max(5, peak // 5 * 5), draws.happens(_SWITCHED_OFF_PERMILLE, "switched-off", *key)


def _capacity(capacity: int, peak: int) -> int:
    """Return what a service can serve: raised in steps once a peak comes too near."""
    if capacity == 0:
        return peak * 3 // 2 + 1
    return capacity * 3 // 2 if peak * 10 > capacity * 9 else capacity


def _forecasts(
    company: Circumstances, service: Service, month: date, peak: int
) -> Iterator[Forecast]:
    draws = company.draws
    key = (service.service_id, month)
    begins_at = midnight(month)
    zone = company.teams[service.team_id].time_zone
    mood = company.mood(service.team_id, begins_at)
    error = company.decks.deal(_ERRORS[mood], "forecast", mood)
    made: list[tuple[datetime, int]] = []
    for ahead in _MONTHS_AHEAD:
        day = month - timedelta(days=30 * ahead - draws.integer(0, 20, "made-on", *key, ahead))
        made_at = utc_at(
            weekday_from(day), draws.integer(MORNING, EVENING, "made-at", *key, ahead), zone
        )
        further = draws.integer(-90, 60, "further-off", *key, ahead) * (ahead - 1)
        made.append((made_at, error + further))
    if draws.happens(_TOO_LATE_PERMILLE, "forecast-late", *key):
        late_by = timedelta(hours=draws.choice((0, 9, 33, 130), "late-by", *key))
        made.append((begins_at + late_by, 10))
    for number, (made_at, off) in enumerate(made, 1):
        if company.service_start(service) <= made_at < company.end_at:
            yield Forecast(
                forecast_id=f"{service.service_id}/{month:%Y-%m}/{number}",
                service_id=service.service_id,
                period_start_date=month,
                made_at=made_at,
                peak=max(1, peak * (1000 + off) // 1000),
                unit=UNIT,
            )
