"""Who responded to what, as known at a night: the positives that retrieval is measured by, and what users have seen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pyarrow as pa

from features.tables import samples
from jobs.night import Night
from surfaces.surface import Surface


def responses(night: Night, days: Iterable[date]) -> pa.Table:
    """Positive responses to what was shown on `days`, as known at `night`: one row per (user_id, item_id).

    Columns: `shown_at` of the first, and `country` and `device` of the request it was shown for. Rows without a user
    are left out. Ordered by user, time and item.
    """
    sql = f"""
        SELECT user_id, item_id, min(shown_at) AS shown_at,
               arg_min(country, shown_at) AS country, arg_min(device, shown_at) AS device
        FROM rows WHERE {_where(night, days)} AND {response(night.surface, night.day)} > 0
        GROUP BY user_id, item_id ORDER BY user_id, shown_at, item_id"""
    return night.lake.query(samples(night.surface), sql)


def seen_items(night: Night, days: Iterable[date]) -> pa.Table:
    """(user_id, items): what each user responded to on `days`, as known at `night`; not to be recommended again."""
    sql = f"""
        SELECT user_id, list(DISTINCT item_id ORDER BY item_id) AS items
        FROM rows WHERE {_where(night, days)} AND {response(night.surface, night.day)} > 0
        GROUP BY user_id ORDER BY user_id"""
    return night.lake.query(samples(night.surface), sql)


def response(surface: Surface, night: date) -> str:
    """SQL for the weighted sum of the positive labels that were known at `night`; an unknown label adds nothing."""
    terms = [
        f'{weight} * CASE WHEN "{outcome}_known" <= DATE \'{night}\' THEN coalesce("{outcome}", 0) ELSE 0 END'
        for outcome, weight in surface.training.positives.items()
    ]
    return f"({' + '.join(terms)})"


def _where(night: Night, days: Iterable[date]) -> str:
    listed = ", ".join(f"DATE '{day}'" for day in days)
    at = f"DATE '{night.day}'"
    valid = f"known_from <= {at} AND (known_until IS NULL OR known_until > {at})"
    return f"event_day IN ({listed}) AND user_id IS NOT NULL AND {valid}"
