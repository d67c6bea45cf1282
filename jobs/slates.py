"""Every known user's slate, drawn by the stages that answer requests and the release that ships, into the store."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from jobs.decide import RECORD
from jobs.night import Night, StepReport
from lake.known import valid_at
from schemas.decision import Decision
from schemas.errors import InfrastructureError
from schemas.tables import SILVER_USER
from serving.ask import Ask
from serving.experiments.assign import assign
from serving.online.live_state import LiveState
from serving.online.open import open_store
from serving.online.slates import entry, ready
from serving.online.state import informed, owner
from serving.online.store import Store
from serving.pipeline import recommend
from serving.release.loaded import LoadedRelease


def run(night: Night) -> StepReport:
    """Draw the slates before the release goes live, so that its first request finds them.

    Those of a release that is held would be asked for by nobody: none is drawn. Raises InfrastructureError if the
    store does not answer; running the step again writes the same slates.
    """
    made = Decision.read(night.artifact("decision") / RECORD)
    if made.verdict != "ship":
        return StepReport(rows=0, summary=f"none: {made.release_id} does not ship")
    release = LoadedRelease.load(night.home.releases(made.surface) / made.release_id)
    store = open_store(night.home.root / "online")
    try:
        sizes = draw_all(release, night_end(night), countries(night), store)
    finally:
        store.close()
    short = sum(count for size, count in sizes.items() if size < release.surface.slate.size)
    return StepReport(
        rows=sizes.total(),
        summary=f"slates by {release.release_id}, {short:,} of them short",
        figures={"slates": sizes.total(), "short": short},
    )


def draw_all(release: LoadedRelease, at: datetime, countries: dict[str, str | None], store: Store) -> Counter[int]:
    """Draw and store the slate of everybody whom `release` knows, `at` a time; how many came out at each size.

    Who asked to be forgotten gets none.
    """
    batch, live = release.surface.batch, LiveState(store)
    assert batch is not None, "only a batch surface has this step"
    name, sizes = entry(release.surface.surface, release.release_id), Counter[int]()
    for user in known_users(release):
        ask = Ask(name, at, user_id=user, country=countries.get(user), arms=assign(release.surface.experiments, user))
        known = live.known(release.surface.surface, user)
        if not known.reached:
            raise InfrastructureError(f"the online store did not tell of {user}", fix="run the step again")
        if known.forgotten:
            continue
        answer = recommend(release, replace(informed(ask, release, known), drawn_at=at))
        store.put(owner(user), {name: ready(answer).encode()}, batch.keep.total_seconds())
        sizes[answer.slate.kept] += 1
    return sizes


def known_users(release: LoadedRelease) -> list[str]:
    """Ids of all users of whom `release` has a row, a sequence or anything seen, in order."""
    table = release.tables.get("user")
    listed = (release.sequences.row_of, release.seen.row_of, table.row_of if table is not None else {})
    return sorted({user for some in listed for user in some if user})


def night_end(night: Night) -> datetime:
    """The moment at which the night's day is over."""
    return datetime.combine(night.day + timedelta(days=1), time(), UTC)


def countries(night: Night) -> dict[str, str | None]:
    """The country of each user, as the user dimension had it at the night."""
    if not night.lake.exists(SILVER_USER):
        return {}
    rows = night.lake.arrow(SILVER_USER, columns=["user_id", "country"], where=valid_at(night.day))
    return dict(zip(rows["user_id"].to_pylist(), rows["country"].to_pylist(), strict=True))
