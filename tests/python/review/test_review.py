"""The review is one file that says what the marts say, whatever text they hold."""

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from nines import charts, published, reports
from nines.published import NotPublishedError
from nines.warehouse import ROOT
from review.a_publication import COLUMNS, HOSTILE_TITLES, make_publication


class Reader(HTMLParser):
    """Collects what a page's elements are and the text of its tables."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.cells: list[str] = []
        self._stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("th", "td"):
            self.cells.append("")
        self._stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._stack and self._stack.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "script" in self._stack[-1:]:
            self.scripts.append(data)
        elif "td" in self._stack or "th" in self._stack:
            self.cells[-1] += data


@pytest.fixture(scope="session")
def page(review_page: Path) -> Reader:
    reader = Reader()
    reader.feed(review_page.read_text(encoding="utf-8"))
    return reader


def test_the_newest_complete_quarter_is_the_default(review_page: Path) -> None:
    assert review_page.parent.name == "2026Q3"
    assert review_page.name == "rbr.html"


def test_nothing_published_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotPublishedError, match=r"Nothing is published in .*Run `nines run"):
        reports.review(tmp_path, None, tmp_path)


@pytest.mark.parametrize("period", ["2031Q1", "Q3", "2026-07"])
def test_an_unknown_period_lists_the_known_ones(publication: Path, period: str) -> None:
    with pytest.raises(NotPublishedError, match=r"2024Q4, .*2026Q3, 2026Q4"):
        reports.review(publication, period, publication)


def test_same_publication_and_period_give_the_same_bytes(
    publication: Path, review_page: Path, tmp_path: Path
) -> None:
    again = reports.review(publication, "2026Q3", tmp_path)
    assert again.read_bytes() == review_page.read_bytes()
    assert [path.name for path in again.parent.iterdir()] == ["rbr.html"]


def test_the_page_is_one_file_that_may_load_nothing(page: Reader, review_page: Path) -> None:
    meta = [attributes for tag, attributes in page.elements if tag == "meta"]
    policies = [one["content"] for one in meta if "http-equiv" in one]
    assert len(policies) == 1
    assert "default-src 'none'" in policies[0]
    assert "script-src 'sha256-" in policies[0]
    assert "unsafe-eval" not in policies[0]
    assert not [tag for tag, _ in page.elements if tag in ("link", "img", "iframe", "object")]
    assert not [attributes for _, attributes in page.elements if "src" in attributes]
    assert review_page.stat().st_size < 5_000_000


def test_the_bundle_is_inlined_once_and_no_code_is_shown(page: Reader, review_page: Path) -> None:
    kinds = [attributes.get("type") for tag, attributes in page.elements if tag == "script"]
    assert kinds.count(None) == 1
    assert set(kinds) == {None, "application/json"}
    text = review_page.read_text(encoding="utf-8")
    assert "scorecard.rpt_kpi_periods\n" not in text
    assert "period_grain = " not in text


def test_where_the_publication_lies_is_not_shown(publication: Path, review_page: Path) -> None:
    text = review_page.read_text(encoding="utf-8")
    assert str(publication) not in text
    assert str(ROOT) not in text


def test_titles_from_exports_are_text_in_tables(page: Reader) -> None:
    shown = "".join(page.cells)
    for title in HOSTILE_TITLES:
        assert re.sub("[\u202e\u202c]", "", title) in shown
    assert "\u202e" not in shown


def test_an_incident_without_a_title_goes_by_its_record(review_page: Path) -> None:
    text = review_page.read_text(encoding="utf-8")
    assert "<strong><bdi>10\N{NO-BREAK SPACE}d" in text
    assert "“<bdi>servicenow:INC7</bdi>”" in text


def test_specifications_are_json_that_cannot_end_their_element(page: Reader) -> None:
    specifications = [script for script in page.scripts if script.startswith("{")]
    assert len(specifications) == sum(tag == "figure" for tag, _ in page.elements)
    for script in specifications:
        json.loads(script)
        assert not set("<>&") & set(script)


def test_every_chart_has_a_picture_a_label_and_a_table(review_page: Path) -> None:
    figures = re.findall(r"<figure.*?</figure>", review_page.read_text(encoding="utf-8"), re.S)
    assert len(figures) == 8
    for figure in figures:
        assert re.search(r'<svg [^>]*role="img"[^>]*aria-label="[^"]{30,}"', figure)
        assert figure.count("<svg ") == 1
        assert "<table" in figure
        assert re.search(r'<span class="plotted">[^<]{20,}', figure)


def test_a_picture_may_hold_shapes_and_words_only() -> None:
    for bad in ("<script>1</script>", '<a href="x"/>', '<rect onclick="x"/>', "<foreignObject/>"):
        with pytest.raises(ValueError, match="holds an"):
            charts.clean_picture(
                f'<svg xmlns="{charts.SVG}" width="1" height="1">{bad}</svg>', "bad", "bad"
            )


def test_the_bundle_draws_what_altair_writes() -> None:
    import vl_convert

    assert vl_convert.get_vegalite_versions()[-1] == charts.VEGA_LITE


def test_sections_without_data_say_so_in_one_line(empty_review_page: Path) -> None:
    text = empty_review_page.read_text(encoding="utf-8")
    assert "<figure" not in text
    assert "<script" not in text
    assert text.count('class="nothing"') >= 8
    assert ">0 " not in text
    assert 'value">0' not in text
    assert text.count("○</span> no data") == 4


def test_a_failing_notebook_is_named_with_its_cell(publication: Path, tmp_path: Path) -> None:
    notebook = json.loads(reports.QUARTERLY.notebook.read_text(encoding="utf-8"))
    notebook["cells"][2]["source"] = ["1 / 0"]
    broken = tmp_path / "broken.ipynb"
    broken.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(reports.ReportError, match=r"broken\.ipynb failed in cell .*ZeroDivision"):
        reports.run_notebook(broken, publication / "current", {"period": "2026Q3"})
    assert str(publication) not in os.environ.get("NINES_PUBLISHED", "")


def test_a_reader_keeps_its_publication_when_another_becomes_current(tmp_path: Path) -> None:
    first = published.publication_folder(make_publication(tmp_path / "published"))
    (tmp_path / "published" / "20261003T080000Z-0123456789").mkdir()
    link = tmp_path / "published" / "next"
    link.symlink_to("20261003T080000Z-0123456789")
    link.replace(tmp_path / "published" / "current")
    assert first.name == "20261002T080000Z-0123456789"
    assert published.publication_folder(first) == first


def test_notebook_outputs_are_not_committed() -> None:
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert not [cell for cell in code if cell["outputs"] or cell["execution_count"]]


def test_notebooks_read_marts_and_join_nothing() -> None:
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        assert not re.search(r"\bjoin\b|\.join\((?!\")|raw\.|staging\.|intermediate\.", code)


def test_headings_of_notebooks_ask() -> None:
    for path in (ROOT / "notebooks" / "rbr").rglob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                heading = "".join(cell["source"]).splitlines()[0]
                assert heading.startswith("#")
                assert heading.endswith("?")


def marts_read_by(notebook: Path) -> set[str]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return set(re.findall(r"\bfrom ([a-z]+\.(?:fct|dim|rpt)_[a-z0-9_]+)", code))


def test_the_exposure_lists_exactly_what_its_notebook_reads() -> None:
    exposures = yaml.safe_load((ROOT / "models" / "exposures.yml").read_text())["exposures"]
    listed = {one["name"]: one["depends_on"] for one in exposures}
    read = marts_read_by(reports.QUARTERLY.notebook)
    names = sorted(f"ref('{mart.split('.')[1]}')" for mart in read)
    assert sorted(listed["quarterly_review"]) == names


def test_the_hand_made_marts_have_columns_of_the_real_ones() -> None:
    assert COLUMNS.keys() == marts_read_by(reports.QUARTERLY.notebook)
    for mart, columns in COLUMNS.items():
        schema, name = mart.split(".")
        sidecar = ROOT / "models" / "marts" / schema / f"{name}.yml"
        model = yaml.safe_load(sidecar.read_text())["models"][0]
        real = {
            column["name"]: column["data_type"].replace("string", "varchar")
            for column in model["columns"]
        }
        made = dict(re.findall(r"(\w+) (\w+)", columns))
        assert made.items() <= real.items(), mart
