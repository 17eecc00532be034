"""Renders a review: runs its notebook on one publication and puts what it shows in one file."""

import base64
import hashlib
import json
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import nines
from nines.published import ReportError, choose_quarter, manifest_of, publication_folder
from nines.warehouse import ROOT, connect
from nines.wording import Quarter, instant

TEMPLATES = Path(__file__).parent / "report_template"


@dataclass(frozen=True)
class Report:
    """One kind of review: its notebook, the file it becomes, and what it is called."""

    notebook: Path
    file_name: str
    kind: str


QUARTERLY = Report(
    notebook=ROOT / "notebooks" / "rbr" / "quarterly_review.ipynb",
    file_name="rbr.html",
    kind="Quarterly Reliability Business Review",
)


def review(published: Path, period: str | None, reports: Path) -> Path:
    """Render the quarterly review and return the path of its HTML: reports/<period>/rbr.html.

    `published` is the folder of publications (or one of them), `period` a quarter like 2026Q3; None
    means the newest complete one. Raises NotPublishedError when there is no publication or it holds
    no such quarter, ReportError when the notebook fails. The same publication and period give the
    same bytes.
    """
    folder = publication_folder(published)
    with connect(folder / "nines.duckdb", read_only=True) as connection:
        quarter = choose_quarter(connection, period)
    with ThreadPoolExecutor(max_workers=1) as beside:
        # Bundling takes as long as the notebook's own imports; there are two cores.
        beside.submit(drawing_script)
        notebook = run_notebook(QUARTERLY.notebook, folder, {"period": quarter.name})
    page = as_page(notebook, QUARTERLY, quarter, manifest_of(folder))
    target = reports / quarter.name / QUARTERLY.file_name
    write_whole(target, page)
    return target


def run_notebook(notebook: Path, folder: Path, parameters: Mapping[str, object]) -> Any:  # noqa: ANN401
    """Run a notebook from top to bottom in a fresh kernel and return it with its outputs.

    It reads the one publication in `folder`. Raises ReportError naming the cell that failed.
    """
    # They take seconds to import, and only a review needs them.
    import papermill  # noqa: PLC0415
    from jupyter_client.manager import AsyncKernelManager  # noqa: PLC0415

    class PrivateKernel(AsyncKernelManager):
        """A kernel spoken to through a private folder's sockets: no port is opened."""

        transport = "ipc"

    logging.getLogger("papermill").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="nines-review-") as scratch:
        settings = _kernel_settings(Path(scratch)) | {"NINES_PUBLISHED": str(folder)}
        with _environment(settings):
            try:
                return papermill.execute_notebook(
                    str(notebook),
                    None,
                    parameters=dict(parameters),
                    kernel_name="python3",
                    kernel_manager_class=PrivateKernel,
                    progress_bar=False,
                    cwd=str(notebook.parent),
                )
            except papermill.PapermillExecutionError as fault:
                raise ReportError(
                    f"{notebook.name} failed in cell {fault.cell_index}: {fault.ename}: "
                    f"{fault.evalue}\nOpen it in JupyterLab with period = "
                    f"{parameters.get('period')!r} to see where.\n\n{fault.source}"
                ) from None


def _kernel_settings(scratch: Path) -> dict[str, str]:
    """Return the environment in which the kernel is this interpreter, and nobody's profile runs.

    A kernel installed under the same name by somebody else, or none at all, changes nothing.
    """
    kernel = scratch / "kernels" / "python3"
    kernel.mkdir(parents=True)
    package = str(Path(nines.__file__).parents[1])
    path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH")) if part)
    specification = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Nines",
        "language": "python",
        "env": {"PYTHONPATH": path},
    }
    (kernel / "kernel.json").write_text(json.dumps(specification), encoding="utf-8")
    return {
        "JUPYTER_PATH": str(scratch),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "JUPYTER_CONFIG_DIR": str(scratch / "config"),
        "IPYTHONDIR": str(scratch / "ipython"),
    }


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and put back at the end what was there."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def as_page(
    notebook: Any,  # noqa: ANN401
    report: Report,
    quarter: Quarter,
    manifest: Mapping[str, Any],
) -> str:
    """Return a run notebook as one self-contained HTML page that may load nothing."""
    # Slow to import. HTMLExporter is not used: it parses the page again and writes it anew.
    from nbconvert.exporters.templateexporter import TemplateExporter  # noqa: PLC0415
    from nbconvert.filters.markdown_mistune import (  # noqa: PLC0415
        IPythonRenderer,
        MarkdownWithMath,
    )

    question, opening, sections = _parts(notebook)
    charts = any('<figure class="chart"' in html for html in _shown(notebook))
    script = drawing_script() if charts else ""
    as_of = manifest.get("as_of")
    about = f"{quarter.label}: {quarter.days}, UTC"
    if as_of:
        about += f". Figures as of {instant(datetime.fromisoformat(as_of))}"
    exporter = TemplateExporter(
        template_name="nines",
        template_file="index.html.j2",
        extra_template_basedirs=[str(TEMPLATES)],
    )
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    exporter.register_filter("as_html", MarkdownWithMath(renderer=renderer).render)
    resources = {
        "nines": {
            "policy": policy(script),
            "title": f"{question} {quarter.label}",
            "kind": report.kind,
            "question": question,
            "about": f"{about}.",
            "opening": opening,
            "sections": sections,
            "style": (TEMPLATES / "nines" / "review.css").read_text(encoding="utf-8"),
            "script": script,
            "stamp": f"Publication {manifest.get('version', 'without a version')}. "
            f"Nines {nines_version()}.",
        }
    }
    page, _ = exporter.from_notebook_node(notebook, resources=resources)
    return page


def _parts(notebook: Any) -> tuple[str, list[Any], list[dict[str, Any]]]:  # noqa: ANN401
    """Split a notebook at its headings: the question, the first screen, and a section per `##`."""
    question, opening, sections = "", [], []
    for cell in notebook.cells:
        here = sections[-1]["cells"] if sections else opening
        heading = re.match(r"(#{1,2}) +(.+?)\s*(?:\n|$)", cell.source)
        if cell.cell_type != "markdown" or not heading:
            here.append(cell)
            continue
        rest = type(cell)(cell | {"source": cell.source[heading.end() :].strip()})
        if heading[1] == "#":
            question = heading[2]
            opening.append(rest)
        else:
            sections.append({"title": heading[2], "anchor": _anchor(heading[2]), "cells": [rest]})
    if not question:
        raise ReportError("The notebook does not open with a question under a `# ` heading.")
    return question, opening, sections


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _shown(notebook: Any) -> Iterator[str]:  # noqa: ANN401
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            yield output.get("data", {}).get("text/html", "")


@cache
def drawing_script() -> str:
    """Return the one script of a page: Vega with what draws each chart, fetched from nowhere."""
    import vl_convert  # noqa: PLC0415 (slow to import)

    # The newest Vega-Lite it holds, which is the one Altair writes for (a test compares them).
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    script = f"{bundle}\n{(TEMPLATES / 'nines' / 'draw.js').read_text(encoding='utf-8')}"
    if re.search(r"</script|<!--", script, re.IGNORECASE):
        raise ReportError("The chart bundle holds text that would end its script element.")
    return script


def policy(script: str) -> str:
    """Return the page's content security policy: its own script by its hash, and no network."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    scripts = f"'sha256-{digest}'" if script else "'none'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def nines_version() -> str:
    """Return the installed version of this package."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("nines")
    except PackageNotFoundError:
        return "from a checkout"


def write_whole(target: Path, text: str) -> None:
    """Write a file so that a reader finds the old one or the whole new one, nothing between."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        # mkstemp makes a private file; a report is for whoever may read the folder.
        scratch.chmod(0o666 & ~_umask())
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
