"""Writes a stage's outcomes as one HTML file that opens offline and runs nothing.

The pages Great Expectations renders load styles and scripts from the network, and put values from
exports into them; this one holds neither.
"""

from html import escape
from pathlib import Path

from nines.expectations.outcomes import CheckResult, Outcome

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --bad: #b3261e; --odd: #8a5a00; --good: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --odd: #ffc46b; --good: #7fd6a2; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; }
th, td { border-bottom: 1px solid var(--line); }
.critical { color: var(--bad); font-weight: 600; }
.warning { color: var(--odd); font-weight: 600; }
.holds { color: var(--good); }
td table td, td table th { font-size: .85rem; }
"""


def write_page(result: CheckResult, path: Path) -> None:
    """Write the page of one stage, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_text(render(result), encoding="utf-8")
    unfinished.replace(path)


def render(result: CheckResult) -> str:
    """Return the page: the verdict, what failed, then everything that was asked."""
    verdict = (
        "Nothing here stops publishing."
        if result.success
        else f"{len(result.failures)} critical expectations failed: nothing is published."
    )
    failed = [*result.failures, *result.warnings]
    held = [one for one in result.outcomes if one.success]
    sections = []
    if failed:
        rows = "".join(_row(one) for one in failed)
        sections.append(f"<h2>What failed</h2>{_table(rows)}")
    rows = "".join(_row(one) for one in held)
    sections.append(f"<h2>What holds</h2>{_table(rows)}" if held else "<p>Nothing else.</p>")
    title = f"Checks of the {escape(result.stage)}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{title}</h1>\n<p>{escape(verdict)} {len(result.outcomes)} expectations were judged, "
        f"{len(result.warnings)} warn. Subject: {escape(result.subject)}.</p>\n"
        + "\n".join(sections)
        + "\n</body>\n</html>\n"
    )


def _table(rows: str) -> str:
    return (
        "<table><thead><tr><th>Result</th><th>Expectation</th><th>Table</th><th>What was seen</th>"
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(outcome: Outcome) -> str:
    word = "holds" if outcome.success else outcome.severity
    seen = f"<p>{escape(outcome.observed)}</p>"
    if outcome.advice:
        seen += f"<p>{escape(outcome.advice)}</p>"
    if outcome.unexpected:
        names = list(outcome.unexpected[0])
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(str(row[name]))}</td>" for name in names) + "</tr>"
            for row in outcome.unexpected
        )
        seen += f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return (
        f'<tr><td class="{word}">{word}</td><td>{escape(outcome.name)}</td>'
        f"<td>{escape(outcome.table)}</td><td>{seen}</td></tr>"
    )
