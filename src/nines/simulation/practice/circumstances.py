"""What practice depends on: who drowns in pages, which quarters were bad, when it got better."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from nines.simulation.clock import last_whole_quarter_start, quarter_start
from nines.simulation.draws import Draws, Key
from nines.simulation.practice.calendars import midnight, quarters_between
from nines.simulation.truth import Person, Service, Team, Truth

T = TypeVar("T")


@dataclass(slots=True)
class Decks:
    """Outcomes dealt like cards, so that the rare ones come up in a small company too.

    Each key has its own deck, with as many cards of an outcome as its weight; it is shuffled anew
    when it has run out.
    """

    draws: Draws
    _dealt: Counter[tuple[Key, ...]] = field(default_factory=Counter)
    _order: dict[tuple[Key, ...], list[int]] = field(default_factory=dict)

    def deal(self, deck: Sequence[tuple[T, int]], *key: Key) -> T:
        """Return the next card."""
        cards = [card for card, weight in deck for _ in range(weight)]
        turn, place = divmod(self._dealt[key], len(cards))
        self._dealt[key] += 1
        if place == 0:
            self._order[key] = sorted(
                range(len(cards)), key=lambda card: self.draws.bits("deck", *key, turn, card)
            )
        return cards[self._order[key][place]]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The company and its history, as far as they make people do one thing or another."""

    truth: Truth
    draws: Draws
    decks: Decks
    teams: dict[str, Team]
    services: dict[str, Service]
    members: dict[str, list[Person]]  # by team_id; every team with a service has some
    owned: dict[str, list[Service]]  # by team_id
    drowning_team_id: str | None  # most pages per head; None: no page, or one team only
    better_from: datetime | None  # start of the newest whole quarter: things improved then
    severe_counts: Counter[tuple[str, date]]  # incidents of severity 0-2 by team and quarter

    @property
    def start_at(self) -> datetime:
        """Start of the history."""
        return self.truth.scenario.start_at

    @property
    def end_at(self) -> datetime:
        """End of the history: nothing at or after it has happened."""
        return self.truth.scenario.end_at

    def happened(self, moment: datetime | None) -> datetime | None:
        """Return the moment, or None when it was still to come at the end of the history."""
        return moment if moment is not None and moment < self.end_at else None

    def is_better(self, moment: datetime) -> bool:
        """Whether things had improved by then."""
        return self.better_from is not None and moment >= self.better_from

    def mood(self, team_id: str, moment: datetime) -> str:
        """Return how a team works at a moment: drowning, better or steady; drowning lasts."""
        if team_id == self.drowning_team_id:
            return "drowning"
        return "better" if self.is_better(moment) else "steady"

    def was_bad(self, team_id: str, quarter: date) -> bool:
        """Whether a quarter had more severe incidents than the team's quarters have on average."""
        quarters = quarters_between(self.start_at, self.end_at)
        total = sum(self.severe_counts[team_id, other] for other in quarters)
        return self.severe_counts[team_id, quarter] * len(quarters) > total

    def service_start(self, service: Service) -> datetime:
        """Return the instant from which a service may have records."""
        return max(self.start_at, midnight(service.first_seen_date))


def read_circumstances(truth: Truth, draws: Draws) -> Circumstances:
    """Return what the history made of the company."""
    services = {service.service_id: service for service in truth.services}
    members: dict[str, list[Person]] = {team.team_id: [] for team in truth.teams}
    for person in truth.people:
        members[person.team_id].append(person)
    owned: dict[str, list[Service]] = {team.team_id: [] for team in truth.teams}
    for service in truth.services:
        owned[service.team_id].append(service)
    severe = Counter(
        (services[incident.service_ids[0]].team_id, quarter_start(incident.opened_at.date()))
        for incident in truth.incidents
        if incident.severity <= 2 and not incident.is_cancelled
    )
    better_from = midnight(last_whole_quarter_start(truth.scenario))
    return Circumstances(
        truth=truth,
        draws=draws,
        decks=Decks(draws),
        teams={team.team_id: team for team in truth.teams},
        services=services,
        members=members,
        owned=owned,
        drowning_team_id=_drowning_team_id(truth, services, members),
        # The first quarter has nothing to be better than.
        better_from=better_from if better_from > truth.scenario.start_at else None,
        severe_counts=severe,
    )


def _drowning_team_id(
    truth: Truth, services: dict[str, Service], members: dict[str, list[Person]]
) -> str | None:
    pages = Counter(services[page.service_id].team_id for page in truth.pages)
    if not pages or len(truth.teams) < 2:
        return None
    return max(
        sorted(pages), key=lambda team_id: pages[team_id] * 1000 // max(1, len(members[team_id]))
    )
