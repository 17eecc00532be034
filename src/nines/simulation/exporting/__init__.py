"""The company's history as its vendors would export it: one module per system.

Each module has `export(truth, draws, folder) -> list[Dirt]`: it writes the system's files below
`folder` (`exports/<system>`), in the vendor's own fields and value forms, and returns the dirt it
added, which is none unless `truth.scenario.is_dirty`. How much dirt of each kind a system adds is a
constant of its module.
"""

from collections.abc import Callable
from pathlib import Path

from nines.simulation.draws import Draws
from nines.simulation.exporting import (
    backstage,
    catalogue,
    focus,
    github,
    gitops,
    google_cloud_status,
    openslo,
    pagerduty,
    people,
    prometheus,
    servicenow,
    servicenow_tables,
    sli_counts,
    statuspage,
    vendor_statuspage,
)
from nines.simulation.truth import Dirt, Truth

Exporter = Callable[[Truth, Draws, Path], list[Dirt]]

EXPORTERS: dict[str, Exporter] = {
    "backstage": backstage.export,
    "catalogue": catalogue.export,
    "focus": focus.export,
    "github": github.export,
    "gitops": gitops.export,
    "google_cloud_status": google_cloud_status.export,
    "openslo": openslo.export,
    "pagerduty": pagerduty.export,
    "people": people.export,
    "prometheus": prometheus.export,
    "servicenow": servicenow.export,
    "servicenow_tables": servicenow_tables.export,
    "sli_counts": sli_counts.export,
    "statuspage": statuspage.export,
    "vendor_statuspage": vendor_statuspage.export,
}


def export_all(truth: Truth, draws: Draws, exports: Path) -> list[Dirt]:
    """Write the exports folder of every system; return all dirt, in the order of the systems."""
    dirt: list[Dirt] = []
    for system, export in EXPORTERS.items():
        dirt += export(truth, draws, exports / system)
    return dirt
