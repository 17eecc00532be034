"""Numbers as people write them: durations, money, shares, changes, periods; escaped sentences."""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

NO_DATA = "no data"
MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"
NBSP = "\N{NO-BREAK SPACE}"

Number = int | float | Decimal
BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def as_text(value: object) -> str:
    """Return a value of an export as HTML text: escaped, without controls that reorder or end it.

    Direction marks are dropped because they would reorder what stands beside them; each value is
    set apart by the browser instead (`unicode-bidi: isolate`).
    """
    text = CONTROLS.sub("", BIDI_CONTROLS.sub("", str(value)))
    return html.escape(text, quote=True)


def count(value: Number | None) -> str:
    """Write a whole number with thin spaces between thousands: 12 345."""
    if value is None:
        return NO_DATA
    return signed(f"{abs(round(value)):,}".replace(",", THIN), round(value))


def signed(text: str, value: Number) -> str:
    """Put a true minus sign before the text of a negative value."""
    return f"{MINUS}{text}" if value < 0 else text


def number(value: Number | None, places: int = 2) -> str:
    """Write a number with at most so many decimal places, and thousands set apart."""
    if value is None:
        return NO_DATA
    text = f"{abs(value):,.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return signed(text.replace(",", THIN), value if text != "0" else 0)


def duration(seconds: Number | None) -> str:
    """Write seconds by their two greatest units: 45 s, 12 min, 1 h 20 min, 3 d 4 h."""
    if seconds is None:
        return NO_DATA
    whole = int(abs(seconds))
    parts = [
        (whole // 86_400, "d"),
        (whole % 86_400 // 3_600, "h"),
        (whole % 3_600 // 60, "min"),
        (whole % 60, "s"),
    ]
    first = next((place for place, (size, _) in enumerate(parts) if size), len(parts) - 1)
    # Seconds say something only below a minute or two; from there on they are noise.
    kept = [parts[first]] if first >= 2 else parts[first : first + 2]
    written = [(size, unit) for size, unit in kept if size] or kept[:1]
    text = NBSP.join(f"{size:,}{NBSP}{unit}".replace(",", THIN) for size, unit in written)
    return signed(text, seconds if whole else 0)


def money(value: Number | None, currency: str = "USD") -> str:
    """Write an amount with its currency: USD 1 234.50; whole from ten thousand on."""
    if value is None:
        return NO_DATA
    places = 0 if abs(value) >= 10_000 else 2
    return signed(f"{currency}{NBSP}" + f"{abs(value):,.{places}f}".replace(",", THIN), value)


def share(value: Number | None) -> str:
    """Write a ratio as a percentage: 0.4 is 40 %; close to none or all it shows more places."""
    if value is None:
        return NO_DATA
    percent = float(value) * 100
    near_an_end = 0 < abs(percent) < 1 or 99 < percent < 100
    return f"{number(percent, 2 if near_an_end else 1)}{NBSP}%"


def by_unit(value: Number | None, unit: str) -> str:
    """Write a KPI's value as its unit (a word of the catalogue, seeds/kpis.csv) asks."""
    if value is None:
        return NO_DATA
    kind, _, per = unit.partition(" per ")
    if kind.startswith("score"):
        return number(value, 1)
    if kind in PLAIN_UNITS and not per:
        return PLAIN_UNITS[kind](value)
    amount = money(value) if kind == "USD" else number(value, 3 if abs(value) < 1 else 2)
    return f"{amount} per {per}" if per else count(value) if value == int(value) else amount


def bare(value: Number | None, unit: str) -> str:
    """Write a KPI's value where its heading already says what it is per."""
    return by_unit(value, unit).partition(" per ")[0]


# What is counted in whole things; how many seconds a unit of time has.
COUNTED_UNITS = {"incidents": "incident", "pages": "page", "findings": "finding"}
SECONDS_IN = {"seconds": 1, "minutes": 60, "service-minutes": 60}

# Minutes of service are a duration like any other; their reader need not divide by sixty.
PLAIN_UNITS: dict[str, Callable[[Number], str]] = {
    "seconds": duration,
    "minutes": lambda value: duration(value * 60) if value else f"0{NBSP}min",
    "service-minutes": lambda value: duration(value * 60) if value else f"0{NBSP}min",
    "ratio": share,
    "USD": money,
}


def relative(value: Number | None, base: Number | None) -> str:
    """Write how far a value lies from a base: +40 %, −12 %, unchanged; '' where no share exists."""
    if value is None or base is None or base == 0:
        return ""
    change = (float(value) - float(base)) / abs(float(base))
    if round(change, 3) == 0:
        return "unchanged"
    places = 1 if abs(change) < 0.1 else 0
    text = number(abs(change) * 100, places)
    return f"{'+' if change > 0 else MINUS}{text}{NBSP}%"


def compared(value: Number | None, base: Number | None, unit: str, when: str) -> str:
    """Say a value against an earlier one: 'up from 2 in 2026 Q2', 'as in 2026 Q2'."""
    if value is None:
        return f"nothing to set against {when}"
    if base is None:
        return f"no data for {when} to compare with"
    if by_unit(value, unit) == by_unit(base, unit):
        return f"as in {when}"
    direction = "up" if value > base else "down"
    return f"{direction} from {by_unit(base, unit)} in {when}"


TARGET_WORDS = {"at_most": "at most", "at_least": "at least"}


def judged(row: Mapping[str, Any]) -> str:
    """Say a KPI's row against its target, as a sentence: 'The target, at most 1, is missed.'."""
    if row["status"] == "no target" or row["target_value"] is None:
        if row["target_kind"] == "year_ago":
            return "Its target comes from a year ago, of which there is no data."
        if row["target_kind"] == "previous":
            return "Its target comes from the quarter before, of which there is no data."
        return "It has no target."
    bound = TARGET_WORDS.get(str(row["target_direction"]), "")
    target = f"{bound} {by_unit(row['target_value'], str(row['unit']))}".strip()
    return f"The target, {target}, is {row['status']}."


def told(template: str, row: Mapping[str, Any] | None, quarter: "Quarter") -> "Sentence":
    """Tell a KPI of one quarter by a template with {value}, {before}, {change} and {verdict}.

    `{before}` sets it against the quarter before, `{change}` against that and a year ago.

    `row` is the KPI's row in `scorecard.rpt_kpi_periods`; without a value the sentence says so.
    """
    if row is None:
        return sentence("The scorecard holds no such figure for {quarter}.", quarter=quarter)
    unit, value = str(row["unit"]), row["value"]
    if value is None:
        return sentence(
            "**{name}**: {status} for {quarter}.",
            name=row["kpi_name"],
            status=row["status"],
            quarter=quarter,
        )
    before = compared(value, row["previous_value"], unit, quarter.later(-1).label)
    year_ago = compared(value, row["year_ago_value"], unit, quarter.later(-4).label)
    noun = COUNTED_UNITS.get(unit)
    written = plural(int(value), noun, unit) if noun else by_unit(value, unit)
    return sentence(
        template,
        value=written[0].upper() + written[1:] if template.startswith("**{value}") else written,
        before=before,
        change=f"{before} and {year_ago}",
        verdict=judged(row),
    )


def shortened(text: str, length: int = 120) -> str:
    """Cut a text of an export that would fill the page, at a word where there is one."""
    if len(text) <= length:
        return text
    cut = text[:length]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut[length // 2 :] else cut}…"


def plural(quantity: int, one: str, many: str | None = None) -> str:
    """Write a quantity with its noun: 1 incident, 3 incidents, no incidents."""
    noun = one if quantity == 1 else many or f"{one}s"
    return f"{count(quantity) if quantity else 'no'} {noun}"


def listed(names: Sequence[str]) -> str:
    """Write names as a list in a sentence: a; a and b; a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def day(value: date | datetime | None) -> str:
    """Write a day: 3 Aug 2026."""
    return NO_DATA if value is None else f"{value.day} {value:%b %Y}".replace(" ", NBSP)


def instant(value: datetime | None) -> str:
    """Write an instant of UTC to the minute: 3 Aug 2026 09:15."""
    return NO_DATA if value is None else f"{day(value)}{NBSP}{value:%H:%M}"


@dataclass(frozen=True)
class Quarter:
    """A calendar quarter, half-open: it starts on `start_date` and ends before `end_date`."""

    year: int
    number: int

    @classmethod
    def named(cls, name: str) -> "Quarter":
        """Read '2026Q3' (also '2026-Q3', '2026 q3'); raise ValueError on anything else."""
        found = re.fullmatch(r"\s*(\d{4})[\s-]?[qQ]([1-4])\s*", name)
        if not found:
            raise ValueError(f"{name!r} is not a quarter; write it like 2026Q3.")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def starting(cls, start: date) -> "Quarter":
        """Return the quarter that holds a day."""
        return cls(start.year, (start.month + 2) // 3)

    @property
    def start_date(self) -> date:
        """The first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def end_date(self) -> date:
        """The first day after the quarter."""
        return self.later(1).start_date

    def later(self, quarters: int) -> "Quarter":
        """Return the quarter so many quarters later; a negative number goes back."""
        place = self.year * 4 + self.number - 1 + quarters
        return Quarter(place // 4, place % 4 + 1)

    @property
    def name(self) -> str:
        """The name used in commands and folders: 2026Q3."""
        return f"{self.year}Q{self.number}"

    @property
    def label(self) -> str:
        """The name as people read it: 2026 Q3."""
        return f"{self.year}{NBSP}Q{self.number}"

    @property
    def days(self) -> str:
        """First and last day as people read them: 1 Jul 2026 to 30 Sep 2026."""
        return f"{day(self.start_date)} to {day(self.end_date - timedelta(days=1))}"

    def __str__(self) -> str:
        """Read as people write it."""
        return self.label


class Sentence(str):
    """Text for a reader whose interpolated values are escaped: an export's words stay words."""

    def _repr_html_(self) -> str:
        return f'<p class="answer">{self}</p>'


def sentence(template: str, **values: object) -> Sentence:
    """Fill `{name}` in a template and return HTML; `**…**` is strong. Values stay text.

    Computed numbers come in as values, so that no sentence holds a figure typed by hand.
    """
    safe = html.escape(template, quote=False)
    safe = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", safe)

    def fill(found: re.Match[str]) -> str:
        value = values[found[1]]
        return value if isinstance(value, Sentence) else f"<bdi>{as_text(value)}</bdi>"

    return Sentence(re.sub(r"\{(\w+)\}", fill, safe))


def paragraphs(*sentences: Sentence | None) -> "Paragraphs":
    """Gather sentences into one list for the first screen; None is left out."""
    return Paragraphs(tuple(part for part in sentences if part is not None))


@dataclass(frozen=True)
class Paragraphs:
    """Sentences shown as one list."""

    parts: tuple[Sentence, ...]

    def _repr_html_(self) -> str:
        return '<ul class="answers">' + "".join(f"<li>{part}</li>" for part in self.parts) + "</ul>"
