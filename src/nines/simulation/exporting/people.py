"""Lists of the company's people and teams, as its directory writes them: CSV, whole each time."""

from pathlib import Path

from nines.simulation.draws import Draws
from nines.simulation.exporting.writing import write_csv
from nines.simulation.truth import Dirt, Truth

PEOPLE_COLUMNS = ("email", "name", "pagerduty_id", "github_login", "team", "time_zone")
TEAM_COLUMNS = ("team_id", "name", "time_zone", "holiday_calendar", "rotation_size")

# Dirt: of each list an older issue with somebody who is gone, one row twice, one row without key.
OLDER_ISSUES = 2
REPEATED_RECORDS = 2
REJECTED_ROWS = 2

_FORMER_PERSON = {
    "email": "zeno.quist@example.com",
    "name": "Zeno Quist",
    "pagerduty_id": "PZENOQ1",
    "github_login": "zenoquist",
    "time_zone": "Europe/London",
}
_FORMER_TEAM = {
    "team_id": "skunkworks",
    "name": "Skunkworks",
    "time_zone": "Europe/London",
    "holiday_calendar": "england-and-wales",
    "rotation_size": 2,
}


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write the newest lists of people and teams, and the older ones when there is dirt."""
    people: list[dict[str, object]] = [
        {
            "email": person.email,
            "name": person.name,
            "pagerduty_id": person.pagerduty_id,
            "github_login": person.github_login,
            "team": person.team_id,
            "time_zone": person.time_zone,
        }
        for person in truth.people
    ]
    teams: list[dict[str, object]] = [
        {
            "team_id": team.team_id,
            "name": team.name,
            "time_zone": team.time_zone,
            "holiday_calendar": team.holiday_calendar,
            "rotation_size": team.rotation_size,
        }
        for team in truth.teams
    ]
    former_person = {**_FORMER_PERSON, "team": truth.teams[0].team_id}
    dirt: list[Dirt] = []
    for kind, columns, rows, former in (
        ("people", PEOPLE_COLUMNS, people, former_person),
        ("teams", TEAM_COLUMNS, teams, _FORMER_TEAM),
    ):
        newest = f"{kind}_{truth.scenario.end_at.date()}.csv"
        if truth.scenario.is_dirty:
            older = f"{kind}_{truth.scenario.start_at.date()}.csv"
            write_csv(folder / older, columns, [*rows[:-1], former])
            dirt.append(Dirt("older_issue", "people", older))
            key = columns[0]
            repeated = draws.choice(rows, "people", kind, "repeated")
            nameless = {**draws.choice(rows, "people", kind, "nameless"), key: None}
            rows += [repeated, nameless]
            dirt.append(Dirt("repeated_record", "people", str(repeated[key]), detail=newest))
            dirt.append(Dirt("rejected_row", "people", str(nameless["name"]), detail=newest))
        write_csv(folder / newest, columns, rows)
    return dirt
