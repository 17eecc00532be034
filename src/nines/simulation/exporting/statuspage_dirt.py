"""The dirt of status pages: posts exported while they were open too, again, late, or broken."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from nines.simulation.draws import Draws
from nines.simulation.exporting.alterations import HOSTILE_TITLES, alter
from nines.simulation.exporting.redelivery import (
    Deliveries,
    Record,
    Redelivery,
    Table,
    redeliver,
    rename_first,
    spoil,
    with_value,
)
from nines.simulation.exporting.states import Earlier, Told, late_name, shaped, tell_earlier
from nines.simulation.exporting.statuspage_posts import OVER, Post
from nines.simulation.truth import Dirt

EARLIER_STATES = Earlier(first=3, last=2)
AGAIN = Redelivery(repeated=3, reexported=3, late=3)
HOSTILE_TITLES_EACH = 1


def soil(
    told: Told[Post], table: Table, shape: Callable[[Post, datetime], Record], draws: Draws
) -> tuple[Deliveries, list[Dirt]]:
    """Return the dirty deliveries of a page, and their dirt."""
    dirt = tell_earlier(told, table, _span, draws, EARLIER_STATES)
    deliveries = shaped(told, shape)
    dirt += rename_first(deliveries, late_name, table.system)
    titles = {
        kind: (HOSTILE_TITLES_EACH, partial(_titled, rewrite))
        for kind, rewrite in HOSTILE_TITLES.items()
    }
    dirt += alter(deliveries, table, draws, titles)
    dirt += redeliver(deliveries, table, draws, AGAIN)
    faults = (_without_id, with_value("2026-02-30T11:00:00.000Z", "created_at"))
    dirt += spoil(deliveries, table, draws, faults)
    return deliveries, dirt


def _span(post: Post) -> tuple[str, datetime, datetime | None]:
    ends = (update.posted_at for update in post.updates if update.status in OVER)
    return post.post_id, post.created_at, next(ends, None)


def _without_id(record: Record) -> Record:
    """Return a post nobody can name; its updates would be refused with it."""
    return {**record, "id": None, "incident_updates": []}


def _titled(rewrite: Callable[[str], str], record: Record) -> Record:
    return {**record, "name": rewrite(record["name"])}
