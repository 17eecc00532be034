"""PagerDuty's records of the alerts a larger scale adds, written by SQL in bounded memory.

One record per service, rule and urgency is shaped by the same code as every other record, with
marks where two alerts differ; the engine puts each alert's own values in their place.
"""

import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from nines.landing.sqltext import literal
from nines.simulation import alert_flood
from nines.simulation.attention import rules_of
from nines.simulation.draws import Draws
from nines.simulation.exporting.moments import zulu
from nines.simulation.exporting.pagerduty_cases import CaseBook
from nines.simulation.exporting.pagerduty_shapes import Account
from nines.simulation.truth import Alert, Page, Person, Service, Truth

# Values no record has, by which the places of real ones are found.
_TRIGGERED_AT = datetime(1801, 1, 1)
_SENT_AT = datetime(1801, 1, 2)
_RESOLVED_AT = datetime(1801, 1, 3)
_NOBODY = Person("nobody", "XFIRSTX XLASTX", "xmailx@example.com", "XPERSONX", "xloginx", "", "")
# Numbers of these alerts begin beyond those of the incidents people see.
_FIRST_NUMBER = 10_000_000


def write(truth: Truth, draws: Draws, folder: Path) -> None:
    """Write `incidents_flood_<month>.jsonl`, each alert with its log entries nested."""
    with alert_flood.opened(truth, draws) as connection:
        for name, table in (
            ("templates", _templates(truth, draws)),
            ("people", _people(truth)),
        ):
            connection.register("given", table)
            connection.execute(f"create table {name} as select * from given")
            connection.unregister("given")
        folder.mkdir(parents=True, exist_ok=True)
        for place, (start, end) in enumerate(alert_flood.months(truth)):
            target = literal(str(folder / f"incidents_flood_{start:%Y-%m}.jsonl"))
            first_number = _FIRST_NUMBER * (place + 1)
            connection.execute(
                f"copy ({_records(truth, start, end, first_number)}) to {target} "
                "(format csv, header false, quote '', escape '', delimiter '\x01')"
            )


def _records(truth: Truth, start: datetime, end: datetime, first_number: int) -> str:
    """Return the SQL of one line of JSON per alert."""
    seed = truth.scenario.seed
    replaced = "templates.text"
    for mark, value in (
        ("XCASEX", f"'Q' || upper(left(md5('{seed}/case/' || alert_id), 13))"),
        ("XNUMBERX", "number"),
        (zulu(_TRIGGERED_AT), _text("triggered_at")),
        (zulu(_RESOLVED_AT), _text("resolved_at")),
        (zulu(_SENT_AT), _text("sent_at")),
        ("XFIRSTX XLASTX", "name"),
        ("XFIRSTX", "first_name"),
        (_NOBODY.email, "email"),
        (_NOBODY.pagerduty_id, "pagerduty_id"),
        ("XENTRYX", f"upper(left(md5('{seed}/entry/' || alert_id), 24))"),
    ):
        # A low alert has no page, and null would blank its record.
        replaced = f"replace({replaced}, '{mark}', coalesce(cast({value} as varchar), ''))"
    return f"""
    with
    numbered as (
        select *, {first_number} + row_number() over (order by triggered_at, alert_id) as number
        from ({alert_flood.alerts(truth, start, end)})
    )
    select {replaced} as record
    from numbered
    inner join templates using (service_id, rule, urgency)
    left join people using (person_id)
    order by number
    """


def _text(column: str) -> str:
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"


def _templates(truth: Truth, draws: Draws) -> pa.Table:
    teams = {team.team_id: team for team in truth.teams}
    rows = [
        {
            "service_id": service.service_id,
            "rule": rule,
            "urgency": urgency,
            "text": _template(truth, draws, service, rule, urgency),
        }
        for service in truth.services
        if teams[service.team_id].pages_by == "pagerduty"
        for rule in rules_of(draws, service)
        for urgency in ("high", "low")
    ]
    names = ("service_id", "rule", "urgency", "text")
    return pa.Table.from_pylist(rows, pa.schema({name: pa.string() for name in names}))


def _template(truth: Truth, draws: Draws, service: Service, rule: str, urgency: str) -> str:
    """Return the JSON of an alert with marks for all that is its own."""
    alert = Alert(
        "template", rule, service.service_id, urgency, is_actionable=False,
        triggered_at=_TRIGGERED_AT, acknowledged_at=None, resolved_at=_RESOLVED_AT,
    )  # fmt: skip
    page = Page(
        "template", None, alert.alert_id, service.service_id, rule, _NOBODY.person_id,
        level=1, channels=("push",), sent_at=_SENT_AT, acknowledged_at=None,
    )  # fmt: skip
    book = CaseBook(
        Truth(
            truth.scenario,
            teams=truth.teams,
            people=[*truth.people, _NOBODY],
            services=[service],
            alerts=[alert],
            pages=[page] if urgency == "high" else [],
        ),
        draws,
    )
    case = book.of_alert(alert)
    record = Account([_NOBODY], draws, [case]).incident_with_log(case, _RESOLVED_AT)
    text = json.dumps(
        {**record, "incident_number": "XNUMBERX"}, ensure_ascii=False
    ).replace('"XNUMBERX"', "XNUMBERX").replace("[#1]", "[#XNUMBERX]")  # fmt: skip
    text = text.replace(case.case_id, "XCASEX")
    for place, entry in enumerate(record["log_entries"]):
        # An id of the account's own length: one letter, one for the place, the alert's 24.
        text = text.replace(entry["id"], f"R{place}XENTRYX")
    return text


def _people(truth: Truth) -> pa.Table:
    rows = [
        {
            "person_id": person.person_id,
            "name": person.name,
            "first_name": person.name.split()[0],
            "email": person.email,
            "pagerduty_id": person.pagerduty_id,
        }
        for person in truth.people
    ]
    names = ("person_id", "name", "first_name", "email", "pagerduty_id")
    return pa.Table.from_pylist(rows, pa.schema({name: pa.string() for name in names}))
