"""The records of Atlassian Statuspage's API, of our own page and of providers' pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nines.simulation.draws import Draws
from nines.simulation.exporting.incident_names import SMALL
from nines.simulation.exporting.moments import quarter_name, with_milliseconds
from nines.simulation.exporting.redelivery import Deliveries
from nines.simulation.exporting.states import Told
from nines.simulation.exporting.writing import write_json_list

Record = dict[str, Any]

# What an impact makes of a component that is hit.
_COMPONENT_STATUS = {
    "critical": "major_outage",
    "major": "partial_outage",
    "minor": "degraded_performance",
    "none": "operational",
    "maintenance": "under_maintenance",
}
OVER = ("resolved", "completed", "postmortem")


@dataclass(frozen=True, slots=True)
class Page:
    """A status page."""

    page_id: str
    name: str
    url: str
    zone: str


@dataclass(frozen=True, slots=True)
class Update:
    """Something said to customers; shown with another time where its author set one."""

    status: str
    body: str
    posted_at: datetime
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """An incident or a maintenance, with what was said of it, oldest first."""

    post_id: str
    title: str
    impact: str
    started_at: datetime
    components: tuple[str, ...]
    updates: tuple[Update, ...]
    scheduled_for: datetime | None = None
    scheduled_until: datetime | None = None
    metadata: Record | None = None

    @property
    def created_at(self) -> datetime:
        """When the first word was said."""
        return self.updates[0].posted_at


class Publisher:
    """Shapes the posts of one page."""

    def __init__(self, page: Page, draws: Draws) -> None:
        """Remember whose page it is."""
        self.page, self.draws = page, draws

    def incident(self, post: Post, as_of: datetime) -> Record:
        """Return a post as the public API showed it at an instant."""
        updates = [update for update in post.updates if update.posted_at <= as_of]
        status = updates[-1].status
        return {
            "id": post.post_id,
            "name": post.title,
            "status": status,
            "created_at": self._time(post.created_at),
            "updated_at": self._time(updates[-1].posted_at),
            "monitoring_at": self._first(updates, ("monitoring", "verifying")),
            "resolved_at": self._first(updates, OVER),
            "impact": post.impact,
            "shortlink": f"{self.page.url}/i/{post.post_id}",
            "started_at": self._time(post.started_at),
            "page_id": self.page.page_id,
            "incident_updates": [
                self._update(post, place, update) for place, update in enumerate(updates)
            ][::-1],
            "components": [
                {
                    "id": self._component_id(name),
                    "name": name,
                    "status": "operational" if status in OVER else _COMPONENT_STATUS[post.impact],
                }
                for name in post.components
            ],
        }

    def managed_incident(self, post: Post, as_of: datetime) -> Record:
        """Return a post as the page's owner sees it, with what other tools attached."""
        record = self.incident(post, as_of)
        postmortems = [update for update in post.updates if update.status == "postmortem"]
        written = [update for update in postmortems if update.posted_at <= as_of]
        return {
            **record,
            "impact_override": None,
            "scheduled_for": self._time(post.scheduled_for),
            "scheduled_until": self._time(post.scheduled_until),
            "scheduled_remind_prior": False,
            "scheduled_auto_in_progress": post.scheduled_for is not None,
            "scheduled_auto_completed": post.scheduled_for is not None,
            "auto_transition_to_maintenance_state": False,
            "postmortem_body": written[0].body if written else None,
            "postmortem_published_at": self._time(written[0].posted_at) if written else None,
            "postmortem_ignored": False,
            "postmortem_notified_subscribers": False,
            "backfilled": False,
            "metadata": post.metadata or {},
            "reminder_intervals": None,
        }

    def write(self, folder: Path, deliveries: Deliveries) -> None:
        """Write one answer of the API per file, newest posts first."""
        for file, records in deliveries.items():
            changes = [record["updated_at"] for record in records]
            page = {
                "id": self.page.page_id,
                "name": self.page.name,
                "url": self.page.url,
                "time_zone": self.page.zone,
                "updated_at": max(changes, key=datetime.fromisoformat, default=None),
            }
            write_json_list(folder / file, "incidents", records, {"page": page})

    def _update(self, post: Post, place: int, update: Update) -> Record:
        return {
            "id": self.draws.identifier(SMALL, 12, "statuspage-update", post.post_id, place),
            "status": update.status,
            "body": update.body,
            "incident_id": post.post_id,
            "created_at": self._time(update.posted_at),
            "updated_at": self._time(update.posted_at),
            "display_at": self._time(update.shown_at),
            "affected_components": self._affected(post, place),
            "deliver_notifications": True,
            "custom_tweet": None,
            "tweet_id": None,
        }

    def _affected(self, post: Post, place: int) -> list[Record] | None:
        """Return the components an update changed: the first one breaks them, the end mends."""
        hit = _COMPONENT_STATUS[post.impact]
        statuses = [update.status for update in post.updates]
        ends_at = next((at for at, status in enumerate(statuses) if status in OVER), None)
        if not post.components or place not in (0, ends_at):
            return None
        before, after = ("operational", hit) if place == 0 else (hit, "operational")
        return [
            {
                "code": self._component_id(name),
                "name": name,
                "old_status": before,
                "new_status": after,
            }
            for name in post.components
        ]

    def _first(self, updates: Iterable[Update], statuses: tuple[str, ...]) -> str | None:
        found = (update.shown_at for update in updates if update.status in statuses)
        return self._time(next(found, None))

    def _component_id(self, name: str) -> str:
        return self.draws.identifier(SMALL, 12, "statuspage-component", self.page.page_id, name)

    def _time(self, moment: datetime | None) -> str | None:
        return with_milliseconds(moment, self.page.zone) if moment else None


def by_quarter(posts: Iterable[Post], end_at: datetime, folder: str = "") -> Told[Post]:
    """Put posts into one file per quarter, newest first, as they stand at the end."""
    told: Told[Post] = {}
    for post in sorted(posts, key=lambda post: (post.created_at, post.post_id)):
        file = f"{folder}incidents_{quarter_name(post.created_at)}.json"
        told.setdefault(file, []).insert(0, (post, end_at))
    return told
