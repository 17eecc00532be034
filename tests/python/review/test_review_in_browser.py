"""The review, opened in a headless browser: nothing leaves the file, and everything is drawn."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from review.a_publication import HOSTILE_TITLES

pytestmark = pytest.mark.browser
WIDTHS = [390, 1024, 1600]
# Marks each chart must show at least: its bars, points or columns, besides axes and words.
MARKS = {
    "chart-sev1-by-quarter": 8,
    "chart-incidents-by-week": 30,
    "chart-time-to-mitigate": 24,
    "chart-impact-by-quarter": 8,
    "chart-impact-by-service": 3,
    "chart-frequency-by-quarter": 8,
    "chart-deployments-by-week": 60,
    "chart-deployments-by-service": 15,
}
COUNT_MARKS = """
() => Object.fromEntries([...document.querySelectorAll("figure.chart")].map((figure) => [
  figure.id,
  [...figure.querySelectorAll(".live .mark-rect > path, .live .mark-symbol > path")]
    .filter((path) => !path.closest("[role='graphics-symbol'][aria-roledescription='legend']"))
    .filter((path) => path.getBBox().width > 0).length,
]))
"""


@pytest.fixture
def opened(chromium: Any, review_page: Path) -> Callable[..., Any]:
    """Open the review and return the page, with what it asked for and what it complained of."""
    contexts = []

    def open_page(width: int = 1024, **options: object) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.requested, page.complaints = [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda fault: page.complaints.append(str(fault)))
        page.goto(review_page.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-drawn]", state="attached", timeout=30_000)
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_no_request_leaves_the_file_and_the_console_is_silent(
    opened: Callable[..., Any], review_page: Path
) -> None:
    page = opened()
    page.mouse.wheel(0, 20_000)
    assert page.requested == [review_page.as_uri()]
    assert page.complaints == []


def test_every_chart_is_drawn(opened: Callable[..., Any]) -> None:
    drawn = opened().evaluate(COUNT_MARKS)
    assert drawn.keys() == MARKS.keys()
    assert {name: count for name, count in drawn.items() if count < MARKS[name]} == {}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(
    opened: Callable[..., Any], width: int, scheme: str
) -> None:
    page = opened(width, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    out = page.evaluate(
        """() => [...document.querySelectorAll("main *, header *, nav *")]
            .filter((one) => !one.closest(".scroll, .picture, svg"))
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .map((one) => one.outerHTML.slice(0, 90))"""
    )
    assert out == []


def test_titles_with_markup_are_shown_as_text_and_run_nowhere(opened: Callable[..., Any]) -> None:
    page = opened()
    assert page.evaluate("window.hacked") is None
    shown = page.evaluate("document.body.textContent")
    for title in HOSTILE_TITLES:
        assert title.replace("\u202e", "").replace("\u202c", "") in shown


def test_tooltips_show_titles_as_text(opened: Callable[..., Any]) -> None:
    page = opened()
    points = page.locator("#chart-time-to-mitigate .live .mark-symbol > path")
    seen = ""
    for place in range(points.count()):
        points.nth(place).dispatch_event("mousemove")
        points.nth(place).hover(force=True)
        seen += page.locator("#vg-tooltip-element").inner_text()
    assert "<script>window.hacked = 1</script>" in seen
    assert page.evaluate("window.hacked") is None


def test_every_link_leads_to_a_place_on_the_page(opened: Callable[..., Any]) -> None:
    page = opened()
    links = page.evaluate("[...document.querySelectorAll('a')].map((a) => a.getAttribute('href'))")
    assert len(links) >= 10
    assert [link for link in links if not link.startswith("#")] == []
    missing = [
        link for link in links if page.evaluate("(id) => !document.getElementById(id)", link[1:])
    ]
    assert missing == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))


def test_without_javascript_and_in_print_the_pictures_stand(opened: Callable[..., Any]) -> None:
    pictures = "[...document.querySelectorAll('.picture svg')].map((one) => one.clientWidth > 300)"
    silent = opened(java_script_enabled=False)
    assert silent.locator(".picture svg >> visible=true").count() == len(MARKS)
    printed = opened()
    printed.emulate_media(media="print")
    assert printed.evaluate(pictures) == [True] * len(MARKS)
    assert printed.locator(".live >> visible=true").count() == 0


def test_tables_and_links_are_reached_by_keyboard(opened: Callable[..., Any]) -> None:
    page = opened()
    reached = set()
    focused = "document.activeElement.className || document.activeElement.tagName"
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(focused))
    assert {"skip", "A", "SUMMARY", "scroll"} <= reached


def test_words_stand_out_from_their_paper(opened: Callable[..., Any]) -> None:
    """Every pair of word and paper has WCAG's contrast of 4.5, in light and dark."""
    for scheme in ("light", "dark"):
        page = opened(color_scheme=scheme)
        colours = page.evaluate(
            """() => {
              const style = getComputedStyle(document.documentElement);
              const names = ["paper", "raised", "ink", "quiet-ink", "link", "good", "bad"];
              return Object.fromEntries(names.map((n) => [n, style.getPropertyValue("--" + n)]));
            }"""
        )
        for word in ("ink", "quiet-ink", "link", "good", "bad"):
            for paper in ("paper", "raised"):
                assert contrast(colours[word], colours[paper]) >= 4.5, (scheme, word, paper)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two colours like #1b1f24."""

    def luminance(colour: str) -> float:
        parts = [int(colour.strip()[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
