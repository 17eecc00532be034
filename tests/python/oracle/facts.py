"""The facts a mart should hold, row by row, and the query that asks it what it does hold.

Rows are compared as they are, without an id: vendors' ids are no part of the truth.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oracle.records import Records, service_named
from oracle.truth import Truth

Row = tuple[Any, ...]


@dataclass(frozen=True)
class FactRows:
    """What a mart should hold: the query, and the rows it should answer with."""

    mart: str
    query: str
    expected: Callable[[Truth, Records], Counter[Row]]


def incidents(truth: Truth, records: Records) -> Counter[Row]:
    """Count the incidents; of one whose times contradict each other, its end is no fact."""
    return Counter(
        (
            ", ".join(sorted(incident.service_ids)),
            incident.severity,
            incident.is_customer_impacting,
            incident.is_impossible,
            incident.opened_at,
            incident.impact_started_at,
            incident.acknowledged_at,
            None if incident.is_impossible else incident.mitigated_at,
            None if incident.is_impossible else incident.resolved_at,
            incident.first_customer_update_at,
        )
        for incident in records.incidents
    )


def deployments(truth: Truth, records: Records) -> Counter[Row]:
    """Count the attempts to deploy, those that never ended among them."""
    renamed = {
        piece.deployment_id: service_named(piece)
        for piece in truth.dirt
        if piece.kind == "unknown_service" and piece.deployment_id
    }
    return Counter(
        (
            renamed.get(deployment.deployment_id, deployment.service_id),
            deployment.outcome.replace("_", " "),
            deployment.reached_production,
            deployment.kind != "release",
            deployment.started_at,
            deployment.finished_at,
        )
        for deployment in truth.deployments
    )


def pages(truth: Truth, records: Records) -> Counter[Row]:
    """Count the interruptions."""
    renamed = {
        piece.incident_id: service_named(piece)
        for piece in truth.dirt
        if piece.kind == "unknown_service" and piece.incident_id
    }
    return Counter(
        (renamed.get(page.incident_id, page.service_id), page.level, page.sent_at)
        for page in truth.pages
    )


FACT_ROWS = (
    FactRows(
        "reliability.fct_incidents",
        """
        select
            services.names,
            severity,
            is_customer_impacting,
            is_impossible,
            opened_at,
            impact_started_at,
            acknowledged_at,
            case when not is_impossible then mitigated_at end,
            case when not is_impossible then resolved_at end,
            first_customer_update_at
        from reliability.fct_incidents
        inner join (
            select incident_id, string_agg(service_id, ', ' order by service_id) as names
            from reliability.fct_incident_services
            group by incident_id
        ) as services using (incident_id)
        """,
        incidents,
    ),
    FactRows(
        "delivery.fct_deployments",
        """
        select service_id, outcome, reached_production, is_remediation, started_at, finished_at
        from delivery.fct_deployments
        """,
        deployments,
    ),
    FactRows(
        "oncall.fct_pages",
        "select service_id, escalation_step, sent_at from oncall.fct_pages",
        pages,
    ),
)
