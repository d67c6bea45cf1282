"""What one request asks for, with everything that its answer may depend on besides the release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Ask:
    """One request for a slate. The same ask of the same release has the same answer.

    `history`: items consumed before, oldest first, if the caller knows better than the release's own sequence.
    `seen`: items not to show again, besides those the release knows of. `size`: slots wanted; None for the surface's
    own size. `state`: real-time feature values; one that is absent was missing or expired. `arms`: the experiment arm
    in every layer, as `layer:arm`. `posted`: number of the last posted item that the release was given beside its own,
    which says to a replay what it was answered from. `fallbacks`: fallbacks that were taken before the pipeline ran,
    or, in a replay, those that the log names. `last_good`: the slate that fallback `last_good` repeats. `at` must
    carry a time zone. `area`: where the request comes from, in the words of the items' tags. `drawn_at`: when the
    slate was drawn, if that was beforehand.
    """

    request_id: str
    at: datetime
    user_id: str | None = None
    session_id: str | None = None
    country: str | None = None
    device: str | None = None
    area: str | None = None
    network: str | None = None
    history: tuple[str, ...] | None = None
    seen: tuple[str, ...] = ()
    size: int | None = None
    state: Mapping[str, float] = field(default_factory=dict)
    arms: tuple[str, ...] = ()
    posted: int = 0
    fallbacks: tuple[str, ...] = ()
    last_good: tuple[str, ...] = ()
    drawn_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"at: found {self.at} without a time zone")

    def drawn(self, release_id: str) -> Ask:
        """The ask that the slate is drawn for: this one or, where it was drawn beforehand, what was known of its user
        then, of whom no release has more than one such slate at a time."""
        if self.drawn_at is None:
            return self
        return Ask(
            request_id=f"beforehand/{release_id}/{self.user_id or ''}",
            at=self.drawn_at,
            user_id=self.user_id,
            country=self.country,
            history=self.history,
            seen=self.seen,
            state=self.state,
            arms=self.arms,
        )

    @property
    def places(self) -> dict[str, str]:
        """What items may be bound to, as their tags would name it; "" for what the request does not say."""
        hour = f"{self.at.astimezone(UTC):%H}"
        return {"country": self.country or "", "device": self.device or "", "area": self.area or "", "hour": hour}

    @property
    def microseconds(self) -> int:
        """`at` as UTC microseconds since 1970."""
        return (self.at - _EPOCH) // timedelta(microseconds=1)
