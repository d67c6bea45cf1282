"""How long a request's stages may take, and what happens when one takes longer or fails."""

from __future__ import annotations

from datetime import timedelta

from surfaces.duration import Duration
from surfaces.part import Part, Positive


class Deadlines(Part):
    """Wall time of each stage that depends on something which may be slow; None: as long as it takes."""

    retrieve: Duration | None = timedelta(seconds=1)
    rank: Duration | None = timedelta(seconds=1)


class Fallback(Part):
    """`keep`: how long a user's last good slate may be shown again. After `failures` failures in a row a dependency
    is left alone for `pause`, then tried by one request."""

    keep: Duration = timedelta(days=1)
    failures: Positive = 5
    pause: Duration = timedelta(seconds=5)
