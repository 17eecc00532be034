"""The forms a review is made of: charts with static picture and table, tables, the scorecard.

Every form takes rows as they stand in a published mart, and `Column`s that say how to write them.
Text from exports is data here: it reaches the page escaped (tables), as JSON that cannot close its
script element (charts), and as text nodes (pictures).
"""

import html
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from xml.etree import ElementTree

import altair as alt
import polars as pl
import vl_convert

from nines import wording
from nines.wording import Quarter, as_text

# Okabe and Ito's palette, which colour-blind readers tell apart; the page may darken or lighten
# each through the variable before the comma (report_template/nines/review.css).
ACCENT = "var(--accent, #0072B2)"
SECOND = "var(--second, #D55E00)"
THIRD = "var(--third, #009E73)"
FOURTH = "var(--fourth, #CC79A7)"
INK = "var(--ink, #1b1f24)"
QUIET_INK = "var(--quiet-ink, #57606a)"
QUIET = "var(--quiet, #8c959f)"
LINE = "var(--line, #d0d7de)"
PAPER = "var(--paper, #ffffff)"

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
# The static picture's width in pixels, near the width of A4 between its margins.
PICTURE_WIDTH = 720
VEGA_LITE = ".".join(re.findall(r"\d+", alt.SCHEMA_VERSION)[:2])
SVG = "http://www.w3.org/2000/svg"
# A picture holds shapes and words, nothing that could load or run.
SVG_ELEMENTS = {
    "svg", "g", "path", "rect", "line", "circle", "text", "tspan", "title", "defs", "clipPath"
}  # fmt: skip

CONFIG = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "domainColor": LINE,
        "gridColor": LINE,
        "gridOpacity": 0.6,
        "labelColor": QUIET_INK,
        "labelFontSize": 12,
        "labelLimit": 150,
        "labelPadding": 6,
        "tickColor": LINE,
        "title": None,
        "titleColor": QUIET_INK,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "legend": {
        "labelColor": QUIET_INK,
        "labelFontSize": 12,
        "orient": "top",
        "symbolType": "square",
        "symbolSize": 110,
        "title": None,
    },
    "text": {"color": INK, "fontSize": 12},
}

# Seconds: the steps an axis of durations may take, and its ticks where it is logarithmic.
DURATION_STEPS = (
    [1, 5, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200]
    + [86_400 * days for days in (1, 2, 5, 10, 20, 50, 100, 200, 500)]
)  # fmt: skip
DURATION_TICKS = (
    [10, 60, 600, 1_800, 3_600, 10_800, 21_600, 43_200]
    + [86_400 * days for days in (1, 3, 7, 30, 90, 365)]
)  # fmt: skip

Rows = pl.DataFrame
Write = Callable[..., str]


@dataclass(frozen=True)
class Column:
    """How one column of a mart is headed and how its values are written.

    `seconds` is set for durations: how many seconds its unit has (ticks then fall on whole minutes,
    hours and days); `is_whole` says that half of it means nothing.
    """

    header: str
    write: Write = str
    is_number: bool = False
    is_whole: bool = False
    seconds: int | None = None

    def text(self, value: object) -> str:
        """Write a value as plain text; null is said, never left blank."""
        return "–" if value is None else self.write(value)


def counted(header: str) -> Column:
    """Return a column of counts."""
    return Column(header, wording.count, is_number=True, is_whole=True)


def timed(header: str) -> Column:
    """Return a column of durations in seconds."""
    return Column(header, wording.duration, is_number=True, seconds=1)


def measured(header: str, unit: str) -> Column:
    """Return a column of values in a unit of the KPI catalogue; what it is per is left to words."""
    return Column(
        header,
        lambda value: wording.bare(value, unit),
        is_number=True,
        is_whole=unit in wording.COUNTED_UNITS,
        seconds=wording.SECONDS_IN.get(unit),
    )


def records(values: Sequence[Mapping[str, object]], columns: Sequence[str]) -> Rows:
    """Return records of a publication's manifest as rows of these columns."""
    return pl.DataFrame([{name: row.get(name) for name in columns} for row in values])


@dataclass(frozen=True)
class Note:
    """One line in the place of a chart that would be empty."""

    text: str

    def _repr_html_(self) -> str:
        return f'<p class="nothing">{as_text(self.text)}</p>'


@dataclass(frozen=True)
class Table:
    """Rows as an HTML table that scrolls inside itself and never widens the page."""

    rows: Rows
    columns: Mapping[str, Column]
    caption: str
    css_class: str = ""
    limit: int | None = None

    def _repr_html_(self) -> str:
        shown = self.rows if self.limit is None else self.rows.head(self.limit)
        body = "".join(self._row(row) for row in shown.iter_rows(named=True))
        head = "".join(
            f'<th scope="col"{_numeric(column)}>{as_text(column.header)}</th>'
            for column in self.columns.values()
        )
        left_out = self.rows.height - shown.height
        more = (
            f'<p class="nothing">{wording.count(left_out)} more are in the mart.</p>'
            if left_out
            else ""
        )
        return (
            f'<div class="scroll" role="region" tabindex="0" aria-label="{as_text(self.caption)}">'
            f'<table class="{self.css_class}"><caption>{as_text(self.caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}"
        )

    def _row(self, row: Mapping[str, object]) -> str:
        cells = []
        for name, column in self.columns.items():
            label = f' data-label="{as_text(column.header)}"'
            cell = f"<bdi>{as_text(column.text(row[name]))}</bdi>"
            if not cells:
                cells.append(f'<th scope="row"{_numeric(column)}{label}>{cell}</th>')
            else:
                cells.append(f"<td{_numeric(column)}{label}>{cell}</td>")
        return f"<tr>{''.join(cells)}</tr>"


def _numeric(column: Column) -> str:
    if column.is_number:
        return ' class="number"'
    # A date broken over two lines is read twice.
    return ' class="when"' if column.write in (wording.day, wording.instant) else ""


@dataclass(frozen=True)
class Figure:
    """A chart in three forms: interactive, a static picture, and its rows as a table.

    `name` is unique on the page; `plotted` says what is shown, in which unit, over which period;
    `chart.chart` in a notebook is the Altair chart, to go on from.
    """

    name: str
    title: str
    plotted: str
    chart: alt.TopLevelMixin
    table: Table

    @cached_property
    def spec(self) -> dict:
        """The Vega-Lite specification, as wide as the place it is put into."""
        with alt.data_transformers.enable(consolidate_datasets=False, max_rows=None):
            spec = self.chart.to_dict()
        spec["config"] = CONFIG
        spec["description"] = f"{self.title}. {self.plotted}"
        spec["autosize"] = {"type": "fit-x", "contains": "padding"}
        # Stated by the bundle; an address here would only look like something to fetch.
        spec.pop("$schema", None)
        return spec

    @property
    def picture(self) -> str:
        """The static picture: inline SVG whose colours follow the page."""
        drawn = vl_convert.vegalite_to_svg(
            {**self.spec, "width": PICTURE_WIDTH - 20}, vl_version=VEGA_LITE
        )
        return clean_picture(drawn, self.name, self.spec["description"])

    def _repr_html_(self) -> str:
        name = html.escape(self.name, quote=True)
        return (
            f'<figure class="chart" id="chart-{name}" aria-labelledby="title-{name}">'
            f'<figcaption><span class="title" id="title-{name}">{as_text(self.title)}</span>'
            f'<span class="plotted">{as_text(self.plotted)}</span></figcaption>'
            f'<div class="picture">{self.picture}</div>'
            f'<div class="live" id="live-{name}"></div>'
            f'<script type="application/json">{json_for_script(self.spec)}</script>'
            f"<details><summary>Read as a table</summary>{self.table._repr_html_()}</details>"
            "</figure>"
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict:
        return {
            "application/vnd.vegalite.v6+json": self.spec,
            "text/html": self._repr_html_(),
            "text/plain": f"{self.title} ({self.plotted})",
        }


def json_for_script(value: object) -> str:
    """Write JSON that can stand inside a script element: no text in it can close or comment it."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def clean_picture(svg: str, name: str, description: str) -> str:
    """Return a drawn SVG fit to stand in a page: shapes and words only, ids its own, one label.

    Raises ValueError when the drawing holds an element that is neither.
    """
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        kind = element.tag.removeprefix(f"{{{SVG}}}")
        if kind not in SVG_ELEMENTS:
            raise ValueError(f"the picture of {name} holds an element {kind!r}")
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif key.startswith(("aria-", "role")) or key == "class":
                # The picture is one image with one label; its parts need none.
                del element.attrib[key]
            elif "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{name}-"))
            elif key.startswith("on") or key.endswith("href"):
                raise ValueError(f"the picture of {name} holds an attribute {key!r}")
    width = root.attrib.pop("width")
    root.attrib.pop("height")
    root.set("style", f"max-width:{width}px")
    root.set("role", "img")
    root.set("aria-label", description)
    return ElementTree.tostring(root, encoding="unicode")


def _plain(value: object) -> object:
    """Return a value as JSON knows it."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _text(value: object) -> str:
    """Return text for a chart, without controls that would reorder it (SVG escapes the rest)."""
    return html.unescape(as_text(value))


def _data(rows: Rows, columns: Mapping[str, Column], *others: str | None) -> alt.Data:
    """Return rows for a chart: each plotted value, and `<column>_text` as it is written."""
    values = []
    for row in rows.iter_rows(named=True):
        value = {f"{name}_text": _text(column.text(row[name])) for name, column in columns.items()}
        for name in [*columns, *(other for other in others if other)]:
            plain = _plain(row[name])
            value[name] = _text(plain) if isinstance(plain, str) else plain
        values.append(value)
    return alt.Data(values=values)


def _tooltip(columns: Mapping[str, Column]) -> list[alt.Tooltip]:
    return [
        alt.Tooltip(field=f"{name}_text", type="nominal", title=column.header)
        for name, column in columns.items()
    ]


def _is_empty(rows: Rows, measure: str) -> bool:
    """Tell whether a chart of this measure would show nothing."""
    return rows.is_empty() or not rows[measure].drop_nulls().cast(pl.Float64).abs().sum()


def _field(name: str) -> str:
    """Quote a name for an expression."""
    return f"datum[{json.dumps(name)}]"


def _ticks(column: Column, greatest: float) -> list[float]:
    """Return round ticks from zero to at least the greatest value: four to seven of them."""
    if column.seconds:
        steps = [step / column.seconds for step in DURATION_STEPS]
    else:
        magnitude = 10.0 ** len(str(int(greatest)))
        steps = sorted(magnitude / 10**down * factor for down in range(6) for factor in (1, 2, 5))
    if column.is_whole:
        steps = [step for step in steps if step >= 1]
    step = next((step for step in steps if greatest / step <= 5), greatest / 5)
    return [step * place for place in range(math.ceil(greatest / step) + 1)]


def _labels(texts: Mapping[float, str]) -> str:
    """Return a Vega expression that writes a tick by a table of texts."""
    table = {f"{value:.6f}": text for value, text in texts.items()}
    return f"{json.dumps(table, ensure_ascii=False)}[format(datum.value, '.6f')]"


def _measure_axis(column: Column, greatest: float) -> tuple[alt.Axis, alt.Scale]:
    ticks = _ticks(column, greatest)
    axis = alt.Axis(
        values=ticks,
        labelExpr=_labels({tick: column.text(tick) if tick else "0" for tick in ticks}),
        domain=False,
        ticks=False,
        title=None,
    )
    return axis, alt.Scale(domain=[0, ticks[-1]])


def columns_by_week(
    rows: Rows,
    columns: Mapping[str, Column],
    *,
    name: str,
    title: str,
    plotted: str,
    week: str,
    measure: str,
    group: str,
    colours: Mapping[str, str],
    now: str | None = None,
    empty: str,
) -> Figure | Note:
    """Stack a measure's groups per week; weeks where the flag `now` is false stand back.

    `colours` names the groups from the bottom up; rows are one per week and group, without gaps.
    """
    if _is_empty(rows, measure):
        return Note(empty)
    order = list(colours)
    greatest = float(rows.group_by(week).agg(pl.col(measure).sum())[measure].max())
    axis, scale = _measure_axis(columns[measure], greatest)
    rank = f"indexof({json.dumps(order)}, {_field(group)})"
    weeks = rows[week].unique().sort()
    # Ticks at the first week of each month keep the axis calm at any width.
    starts = [day for day in weeks if day.day <= 7] or weeks.to_list()
    chart = (
        alt.Chart(_data(rows, columns, week, group, now))
        .transform_calculate(rank=rank)
        .mark_bar(cornerRadiusTopLeft=1, cornerRadiusTopRight=1)
        .encode(
            x=alt.X(field=week, type="ordinal")
            .scale(paddingInner=0.25, paddingOuter=0.1)
            .axis(
                values=[day.isoformat() for day in starts],
                labelExpr="utcFormat(utcParse(datum.value, '%Y-%m-%d'), "
                "month(utcParse(datum.value, '%Y-%m-%d')) == 0 ? '%b %Y' : '%b')",
                labelAngle=0,
                labelOverlap="greedy",
                labelSeparation=6,
                grid=False,
                title=None,
            ),
            y=alt.Y(field=measure, type="quantitative", axis=axis, scale=scale, stack="zero"),
            color=alt.Color(field=group, type="nominal")
            .scale(domain=order, range=list(colours.values()))
            .legend(symbolOpacity=1),
            order=alt.Order(field="rank", type="quantitative"),
            opacity=alt.condition(f"{_field(now)} !== false", alt.value(1), alt.value(0.45))
            if now
            else alt.value(1),
            tooltip=_tooltip(columns),
        )
        .properties(width="container", height=220)
    )
    table = Table(rows.filter(pl.col(measure) != 0), columns, f"{title}: {plotted}")
    return Figure(name, title, plotted, chart, table)


def columns_by_period(
    rows: Rows,
    columns: Mapping[str, Column],
    *,
    name: str,
    title: str,
    plotted: str,
    period: str,
    measure: str,
    target: str | None = None,
    now: object = None,
    empty: str,
) -> Figure | Note:
    """Draw one column per period with its value above it and its target as a stroke across.

    A period without data keeps its place and says so; `now` is the period in question.
    """
    if rows.is_empty() or rows[measure].is_null().all():
        return Note(empty)
    known = rows.select(
        pl.max_horizontal(pl.col(c).cast(pl.Float64) for c in [measure, target] if c).max()
    ).item()
    axis, scale = _measure_axis(columns[measure], float(known or 1))
    is_now = f"{_field(period)} === {json.dumps(_plain(now))}"
    # Few columns stand apart rather than grow fat.
    gap = 0.35 if rows.height > 4 else 0.7
    labels = {_plain(value): _text(columns[period].text(value)) for value in rows[period].unique()}
    base = alt.Chart(_data(rows, columns, period, measure, target)).encode(
        x=alt.X(field=period, type="ordinal")
        .scale(paddingInner=gap, paddingOuter=gap / 2)
        .axis(
            labelExpr=f"{json.dumps(labels, ensure_ascii=False, sort_keys=True)}[datum.value]",
            labelAngle=0,
            labelOverlap="greedy",
            grid=False,
            title=None,
        ),
        tooltip=_tooltip(columns),
    )
    y = alt.Y(field=measure, type="quantitative", axis=axis, scale=scale)
    bars = base.mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2).encode(
        y=y, color=alt.condition(is_now, alt.value(ACCENT), alt.value(QUIET))
    )
    # A stroke just above the column would run through its value, so the value goes above both.
    value, aim = _field(measure), _field(target) if target else "0"
    place = f"{aim} > {value} && {aim} - {value} < {axis.values[-1] * 0.14} ? {aim} : {value}"
    words = (
        base.transform_calculate(word_place=place)
        .mark_text(baseline="bottom", dy=-5, fontSize=12)
        .encode(
            y=alt.Y(field="word_place", type="quantitative"),
            text=alt.Text(field=f"{measure}_text", type="nominal"),
        )
    )
    missing = (
        base.transform_filter(f"{_field(measure)} === null")
        .mark_text(baseline="bottom", dy=-5, fontSize=12, color=QUIET_INK)
        .encode(y=alt.datum(0), text=alt.value(wording.NO_DATA))
    )
    layers = [bars, words.transform_filter(f"{_field(measure)} !== null"), missing]
    if target and not rows[target].is_null().all():
        strokes = base.mark_tick(thickness=2, color=INK, bandSize=44, opacity=1).encode(
            y=alt.Y(field=target, type="quantitative")
        )
        layers.insert(1, strokes)
    chart = alt.layer(*layers).properties(width="container", height=200)
    return Figure(name, title, plotted, chart, Table(rows, columns, f"{title}: {plotted}"))


def ranked_bars(
    rows: Rows,
    columns: Mapping[str, Column],
    *,
    name: str,
    title: str,
    plotted: str,
    label: str,
    measure: str,
    before: str | None = None,
    limit: int = 15,
    empty: str,
) -> Figure | Note:
    """Draw a bar per name, greatest first, its value at its end, an earlier value as a stroke.

    Only the first `limit` are drawn, and the chart says how many there are; the table holds all.
    """
    if _is_empty(rows, measure):
        return Note(empty)
    rows = rows.filter(pl.col(measure).is_not_null()).sort(
        [pl.col(measure).cast(pl.Float64), pl.col(label)], descending=[True, False]
    )
    drawn = rows.head(limit)
    if rows.height > limit:
        plotted = f"{plotted}; the first {limit} of {wording.count(rows.height)}"
    order = [_text(value) for value in drawn[label]]
    greatest = float(
        drawn.select(
            pl.max_horizontal(pl.col(c).cast(pl.Float64) for c in [measure, before] if c).max()
        ).item()
    )
    axis, scale = _measure_axis(columns[measure], greatest)
    # Room at the right for the value written after the greatest bar.
    scale = alt.Scale(domain=[0, greatest * 1.18])
    base = alt.Chart(_data(drawn, columns, label, measure, before)).encode(
        y=alt.Y(field=label, type="nominal", sort=order)
        .scale(paddingInner=0.3, paddingOuter=0.15)
        .axis(domain=False, ticks=False, grid=False, title=None, labelColor=INK),
        tooltip=_tooltip(columns),
    )
    x = alt.X(field=measure, type="quantitative", axis=axis, scale=scale)
    layers = [
        base.mark_bar(color=ACCENT, cornerRadiusEnd=2).encode(x=x),
        base.mark_text(align="left", dx=8, fontSize=12).encode(
            x=alt.X(field="word_place", type="quantitative"),
            text=alt.Text(field=f"{measure}_text", type="nominal"),
        ),
    ]
    if before and not drawn[before].is_null().all():
        layers.insert(
            1,
            base.mark_tick(thickness=2, color=INK, bandSize=18, opacity=1).encode(
                x=alt.X(field=before, type="quantitative")
            ),
        )
        # A stroke just beyond the bar would run through its value, so that goes beyond both.
        value, other = _field(measure), _field(before)
        near = greatest * 0.14
        place = f"{other} > {value} && {other} - {value} < {near} ? {other} : {value}"
    else:
        place = _field(measure)
    chart = (
        alt.layer(*layers)
        .transform_calculate(word_place=place)
        .properties(width="container", height=30 * drawn.height)
    )
    return Figure(name, title, plotted, chart, Table(rows, columns, f"{title}: {plotted}"))


def strip_of_durations(
    rows: Rows,
    columns: Mapping[str, Column],
    statistics: Rows,
    *,
    name: str,
    title: str,
    plotted: str,
    group: tuple[str, str],
    measure: str,
    median: str,
    p90: str,
    now: object = None,
    empty: str,
) -> Figure | Note:
    """Draw each duration (seconds) as a point on a logarithmic axis, a row per group.

    `statistics` holds one row per group with its median and its 90th percentile, from the mart: a
    long stroke and a short one. `group` names the column of the groups here and there. The newest
    group is on top; a duration of zero is drawn at one second.
    """
    rows = rows.filter(pl.col(measure).is_not_null())
    if rows.is_empty():
        return Note(empty)
    of_row, of_statistic = group
    statistics = statistics.rename({of_statistic: of_row})
    groups = statistics[of_row].unique().sort(descending=True)
    labels = {_plain(value): _text(columns[of_row].text(value)) for value in groups}
    greatest, least = float(rows[measure].max()), max(1.0, float(rows[measure].min()))
    ticks = [tick for tick in DURATION_TICKS if least / 3 <= tick <= greatest * 3]
    domain = [min([least, *ticks]) * 0.8, max([greatest, *ticks]) * 1.2]
    y = (
        alt.Y(field=of_row, type="ordinal", sort=[_plain(value) for value in groups])
        .scale(paddingInner=0.2)
        .axis(
            labelExpr=f"{json.dumps(labels, ensure_ascii=False, sort_keys=True)}[datum.value]",
            domain=False,
            ticks=False,
            grid=False,
            title=None,
            labelColor=INK,
        )
    )
    axis = alt.Axis(
        values=ticks,
        labelExpr=_labels({tick: wording.duration(tick) for tick in ticks}),
        title=None,
        domain=False,
        ticks=False,
        labelOverlap="greedy",
    )
    scale = alt.Scale(type="log", domain=domain, nice=False)
    is_now = f"{_field(of_row)} === {json.dumps(_plain(now))}"
    points = (
        alt.Chart(_data(rows, columns, of_row, measure))
        .transform_calculate(at=f"max(1, {_field(measure)})")
        .mark_circle(size=70, opacity=0.65)
        .encode(
            x=alt.X(field="at", type="quantitative", axis=axis, scale=scale),
            y=y,
            color=alt.condition(is_now, alt.value(ACCENT), alt.value(QUIET)),
            tooltip=_tooltip(columns),
        )
    )
    written = {
        of_row: columns[of_row],
        median: timed("Median"),
        p90: timed("90th percentile"),
    }
    marks = alt.Chart(_data(statistics, written))
    strokes = [
        marks.transform_filter(f"{_field(field)} !== null")
        .transform_calculate(at=f"max(1, {_field(field)})")
        .mark_tick(thickness=thickness, bandSize=size, color=SECOND, opacity=1)
        .encode(x=alt.X(field="at", type="quantitative"), y=y, tooltip=_tooltip(written))
        for field, thickness, size in ((median, 3, 26), (p90, 1.5, 14))
    ]
    chart = alt.layer(points, *strokes).properties(width="container", height=38 * len(groups))
    return Figure(name, title, plotted, chart, Table(rows, columns, f"{title}: {plotted}"))


STATUS_SIGNS = {
    "met": ("good", "✓", "met"),
    "missed": ("bad", "✗", "missed"),
    "no target": ("neutral", "–", "no target"),
    "no data": ("neutral", "○", "no data"),
    "suppressed": ("neutral", "–", "suppressed"),
}
TARGET_SIGNS = {"at_most": "≤", "at_least": "≥"}


@dataclass(frozen=True)
class Scorecard:
    """The KPIs of one period: value, target, status, change, sample and completeness.

    `rows` are those of `scorecard.rpt_kpi_periods` for one period, in the catalogue's order.
    """

    rows: Rows
    quarter: Quarter

    def _repr_html_(self) -> str:
        if self.rows.is_empty():
            return Note(f"The scorecard holds no KPI for {self.quarter}.")._repr_html_()
        heads = [
            ("KPI", ""), ("Value", "number"), ("Target", "number"), ("Status", ""),
            (self.quarter.later(-1).label, "number"), (self.quarter.later(-4).label, "number"),
            ("Sample", "number"), ("Data", ""),
        ]  # fmt: skip
        head = "".join(
            f'<th scope="col"{f" class={css!r}" if css else ""}>{as_text(text)}</th>'
            for text, css in heads
        ).replace("'", '"')
        body = "".join(self._row(row, heads) for row in self.rows.iter_rows(named=True))
        return (
            '<div class="scroll" role="region" tabindex="0" aria-label="Scorecard">'
            f'<table class="scorecard"><caption>Scorecard of {self.quarter.label}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def _row(self, row: Mapping[str, object], heads: Sequence[tuple[str, str]]) -> str:
        value, unit = row["value"], str(row["unit"])
        status = str(row["status"])
        css, sign, word = STATUS_SIGNS.get(status, ("neutral", "–", status))
        target = row["target_value"]
        limit = TARGET_SIGNS.get(str(row["target_direction"]), "")
        excluded = row["excluded_count"] or 0
        sample = wording.count(row["sample_count"])
        cells = [
            f'<td class="number value">{as_text(wording.bare(value, unit))}</td>',
            '<td class="number">'
            + ("–" if target is None else f"{limit} {as_text(wording.bare(target, unit))}")
            + "</td>",
            f'<td><span class="status {css}"><span aria-hidden="true">{sign}</span> '
            f"{as_text(word)}</span></td>",
            self._change(value, row["previous_value"], unit),
            self._change(value, row["year_ago_value"], unit),
            f'<td class="number">{sample}'
            + (f'<span class="beside">{excluded:,} left out</span>' if excluded else "")
            + "</td>",
            f"<td>{'complete' if row['is_complete'] else '<em>incomplete</em>'}</td>",
        ]
        labelled = [
            re.sub("^<td", f'<td data-label="{as_text(text)}"', cell)
            for cell, (text, _) in zip(cells, heads[1:], strict=True)
        ]
        anchor = f"kpi-{re.sub(r'[^a-z0-9_]', '-', str(row['kpi_id']))}"
        per = unit.partition(" per ")[2]
        beside = f'<span class="beside">per {as_text(per)}</span>' if per else ""
        name = f'<th scope="row"><a href="#{anchor}">{as_text(row["kpi_name"])}</a>{beside}</th>'
        return f"<tr>{name}{''.join(labelled)}</tr>"

    @staticmethod
    def _change(value: object, base: object, unit: str) -> str:
        text = as_text(wording.bare(base, unit))
        change = wording.relative(value, base)
        beside = f'<span class="beside">{as_text(change)}</span>' if change else ""
        return f'<td class="number">{text}{beside}</td>'


def _notes(row: Mapping[str, object]) -> str:
    notes = (("Covers", row["scope_note"]), ("Left out and counted", row["excluded_note"]))
    return "".join(
        f'<span class="beside">{head}: {as_text(text)}.</span>' for head, text in notes if text
    )


@dataclass(frozen=True)
class Definitions:
    """The KPIs' definitions in the catalogue's words, each with the mart it comes from."""

    rows: Rows

    def _repr_html_(self) -> str:
        parts = []
        for row in self.rows.iter_rows(named=True):
            anchor = f"kpi-{re.sub(r'[^a-z0-9_]', '-', str(row['kpi_id']))}"
            parts.append(
                f'<dt id="{anchor}">{as_text(row["kpi_name"])} '
                f"<code>{as_text(row['kpi_id'])}</code></dt>"
                f"<dd>{as_text(row['definition'])}{_notes(row)}"
                f'<span class="beside">Unit: {as_text(row["unit"])}. '
                f"Numbers: <code>scorecard.fct_kpi_values</code>; rows: "
                f"<code>{as_text(row['source_mart'])}</code>.</span></dd>"
            )
        return f"<dl>{''.join(parts)}</dl>"
