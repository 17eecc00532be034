"""Who is on call when: weekly turns, handed over on Monday morning by the team's own clocks."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nines.simulation.clock import at_local
from nines.simulation.draws import Draws
from nines.simulation.truth import Shift, Truth

HANDOVER_SECONDS = 9 * 3600
LEVELS = (1, 2)


@dataclass(frozen=True, slots=True)
class Rotation:
    """Whom a team's level interrupts: shifts in their order, without gaps."""

    starts: Sequence[datetime]
    people: Sequence[str]

    def person_at(self, moment: datetime) -> str:
        """Return the person on call at an instant."""
        return self.people[bisect_right(self.starts, moment) - 1]


def rotate(truth: Truth, draws: Draws) -> dict[tuple[str, int], Rotation]:
    """Fill the truth's shifts; return the rotation of each team and level."""
    rotations = {}
    for team in truth.teams:
        members = [person for person in truth.people if person.team_id == team.team_id]
        first_turn = draws.integer(0, len(members) - 1, "first turn", team.team_id)
        for level in LEVELS:
            shifts = []
            day = truth.scenario.start_at.date()
            monday = day - timedelta(days=day.weekday() + 7)
            turn = first_turn + level - 1
            while at_local(monday, HANDOVER_SECONDS, team.time_zone) < truth.scenario.end_at:
                following = monday + timedelta(days=7)
                shifts.append(
                    Shift(
                        team_id=team.team_id,
                        schedule_id=f"{team.team_id}-{level}",
                        level=level,
                        person_id=members[turn % len(members)].person_id,
                        started_at=at_local(monday, HANDOVER_SECONDS, team.time_zone),
                        ended_at=at_local(following, HANDOVER_SECONDS, team.time_zone),
                    )
                )
                monday, turn = following, turn + 1
            truth.shifts += shifts
            rotations[team.team_id, level] = Rotation(
                [shift.started_at for shift in shifts], [shift.person_id for shift in shifts]
            )
        # The lead of the team is always reachable, at the last level.
        truth.shifts.append(
            Shift(team.team_id, f"{team.team_id}-3", 3, members[0].person_id, None, None)
        )
    return rotations
