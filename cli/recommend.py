"""feedmill recommend: a slate from the live release, with everything that led to it."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.screen import SurfaceName, console
from lake.home import Home
from schemas.errors import UserError
from surfaces.load import load

if TYPE_CHECKING:
    from serving.web.api import RecommendResponse

UserName = Annotated[str, typer.Argument(metavar="USER", help="user id; one that is unknown is answered too")]


def recommend(
    surface: SurfaceName,
    user: UserName,
    *,
    size: Annotated[int | None, typer.Option(min=1, max=100, help="slots wanted; default: the surface's")] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166 alpha-2 country of the request")] = None,
    device: Annotated[str | None, typer.Option(help="device class of the request")] = None,
    area: Annotated[str | None, typer.Option(help="area of the request, as the tags of items name it")] = None,
    request_id: Annotated[str | None, typer.Option(help="chance derives from it; default: a new one")] = None,
    at: Annotated[datetime | None, typer.Option(help="UTC time of the request; default: now")] = None,
    scores: Annotated[bool, typer.Option("--scores", help="show every head's score of every item")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the answer as the server would send it")] = False,
) -> None:
    """Print the slate that the live release of SURFACE has for USER: scores, value, propensity, and each stage."""
    declared = load(surface)
    from serving.ask import Ask
    from serving.logs.pseudonyms import Pseudonyms
    from serving.pipeline import recommend as answer
    from serving.release.loaded import LoadedRelease
    from serving.release.slots import active_release
    from serving.web.api import response

    home = Home.default()
    folder = active_release(home.releases(surface))
    if folder is None:
        raise UserError(f"no release of {surface} is live", fix=f"run a night first: feedmill run {surface} DAY")
    ask = Ask(
        request_id=request_id or uuid.uuid4().hex,
        at=at.replace(tzinfo=UTC) if at else datetime.now(UTC),
        user_id=Pseudonyms.from_environment(home.root).of(user) if declared.logging.pseudonymise else user,
        country=country,
        device=device,
        area=area,
        size=size,
    )
    found = response(answer(LoadedRelease.load(folder), ask))
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=1))
        return
    known = "known" if found.known_user else "not known"
    console.print(f"[bold]{surface}[/] for {escape(user)} ({known}) by release {found.release_id}, {found.policy}")
    console.print(_slate(found))
    if scores:
        console.print(_scores(found))
    console.print(_stages(found))


def _slate(found: RecommendResponse) -> Table:
    table = Table("item", "title", "topic", "sources")
    for column in ("value", "propensity", "eligible"):
        table.add_column(column, justify="right")
    table.add_column("notes")
    for item in found.items:
        notes = [*(["explored"] if item.explored else []), *(f"without {rule}" for rule in item.relaxed)]
        table.add_row(
            escape(item.item_id),
            escape(item.title or "-"),
            escape(item.topic or "-"),
            " ".join(item.sources) or "reserve",
            "-" if item.value is None else f"{item.value:.3g}",
            f"{item.propensity:.4g}",
            f"{item.eligible:,}",
            " ".join(notes),
        )
    return table


def _scores(found: RecommendResponse) -> Table:
    heads = list(next((item.scores for item in found.items if item.scores), {}))
    table = Table("item")
    for head in heads:
        table.add_column(head, justify="right")
    for item in found.items:
        table.add_row(escape(item.item_id), *(f"{item.scores[head]:.4g}" if item.scores else "-" for head in heads))
    return table


def _stages(found: RecommendResponse) -> Table:
    table = Table()
    table.add_column("stage")
    table.add_column("kept", justify="right")
    table.add_column("removed")
    table.add_column("ms", justify="right")
    for stage in found.stages:
        removed = ", ".join(f"{count:,} {reason}" for reason, count in stage.removed.items())
        table.add_row(stage.stage, f"{stage.kept:,}", removed, f"{stage.milliseconds:.2f}")
    total = sum(stage.milliseconds for stage in found.stages)
    table.add_row("all", f"{len(found.items):,}", "", f"{total:.2f}")
    return table
