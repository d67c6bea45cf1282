"""The nightly step list, once, as data: the DAG and the command line are both drawn from it."""

from __future__ import annotations

from dataclasses import dataclass

from surfaces.surface import Surface


@dataclass(frozen=True)
class Step:
    """One step of the night.

    `job` is the module below `jobs/` whose `run(night)` does it (given `argument` too, where there is one); `after`
    names the steps it waits for; `reads` and `writes` name tables and artifacts; `spark` says whether it needs Spark.
    """

    name: str
    job: str
    doc: str
    after: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    argument: str | None = None
    spark: bool = False


def night(surface: Surface) -> tuple[Step, ...]:
    """The steps of `surface`'s night, in an order in which they can be run."""
    # The longest trainings come first, so that on few cores none of them is left to run alone at the end.
    sources = tuple(sorted((source for source in surface.retrieval if source != "popular"), key=_longest_first))
    trained = tuple(f"train_{source}" for source in sources)
    ranker = ("train_ranker",) if surface.ranker else ()
    models = (*surface.retrieval, *(("ranker",) if surface.ranker else ()))
    slates = ("slates",) if surface.batch is not None else ()
    return (
        Step(
            name="ingest",
            job="ingest",
            doc="landing files of the day, validated row by row, into bronze",
            reads=("landing",),
            writes=("bronze.*", "bronze.quarantine", "ops.ledger"),
            spark=True,
        ),
        Step(
            name="join",
            job="join",
            doc="impressions with their outcomes, restating the days that late arrivals can change",
            after=("ingest",),
            reads=("bronze.impression", "bronze.outcome", "bronze.item", "bronze.user"),
            writes=("silver.labelled", "silver.item", "silver.user", "ops.ledger"),
            spark=True,
        ),
        Step(
            name="features",
            job="features",
            doc="daily counts, windows, sequences and point-in-time training samples",
            after=("join",),
            reads=("silver.labelled", "silver.item", "silver.user", "bronze.request"),
            writes=("gold.daily_counts", "gold.*", "gold.sequence", "gold.samples", "ops.ledger"),
            spark=True,
        ),
        Step(
            name="validate",
            job="validate",
            doc="Great Expectations over bronze, silver and gold; a blocking failure ends the night here",
            after=("features",),
            reads=("bronze.*", "silver.*", "gold.*"),
            writes=("reports/data_docs",),
        ),
        *(
            Step(
                name=step,
                job="train_ranker",
                doc="fit the multi-task ranker and calibrate its heads",
                after=("validate",),
                reads=("gold.samples",),
                writes=("ranker",),
            )
            for step in ranker
        ),
        *(
            Step(
                name=f"train_{source}",
                job="train_retrieval",
                argument=source,
                doc=f"fit the {source} retrieval model",
                after=("validate",),
                reads=("silver.labelled", "silver.item", "gold.sequence"),
                writes=(source,),
            )
            for source in sources
        ),
        Step(
            name="train_popular",
            job="train_retrieval",
            argument="popular",
            doc="most-popular counts: the source for unknown users and the yardstick",
            after=("validate",),
            reads=("silver.labelled",),
            writes=("popular",),
        ),
        Step(
            name="index",
            job="index",
            doc="ANN index per factor model, its recall measured with real user vectors",
            after=("train_popular", *trained),
            reads=sources,
            writes=("index",),
        ),
        Step(
            name="evaluate",
            job="evaluate",
            doc="candidate, champion and most-popular on the same held-out day",
            after=("index", *ranker),
            reads=(*models, "index", "silver.labelled", "gold.samples"),
            writes=("evaluation",),
        ),
        Step(
            name="decide",
            job="decide",
            doc="assemble the candidate release, smoke-test it, and put every gate into one decision: ship or hold",
            after=("evaluate",),
            reads=("evaluation", "index", *models),
            writes=("decision", "releases/<id>"),
        ),
        Step(
            name="forecast",
            job="forecast",
            doc="what the release would have been worth on the day; earlier forecasts settled by what served",
            after=("decide",),
            reads=("decision", "releases/<id>", "silver.labelled", "bronze.request"),
            writes=("ops.forecast", "reports/forecast.png"),
        ),
        Step(
            name="track",
            job="track",
            doc="the night's runs, metrics, curves and models in MLflow, and the night as a page",
            after=("forecast",),
            reads=("evaluation", "decision", "reports/forecast.png"),
            writes=("mlflow", "reports/index.html"),
        ),
        *(
            Step(
                name=step,
                job="slates",
                doc="if the decision is ship, every known user's slate, drawn as requests are, into the online store",
                after=("track",),
                reads=("decision", "releases/<id>", "silver.user"),
                writes=("online/slates",),
            )
            for step in slates
        ),
        Step(
            name="publish",
            job="publish",
            doc="if the decision is ship, one atomic switch of the active slot",
            after=("track", *slates),
            reads=("decision", "releases/<id>"),
            writes=("releases/active",),
        ),
    )


def _longest_first(source: str) -> tuple[bool, str]:
    return source != "two_tower", source


def between(steps: tuple[Step, ...], first: str | None, last: str | None) -> tuple[Step, ...]:
    """The steps from `first` to `last`, both included; raises KeyError with the unknown name."""
    order = [step.name for step in steps]
    for name in (first, last):
        if name is not None and name not in order:
            raise KeyError(name)
    start = order.index(first) if first else 0
    end = order.index(last) if last else len(order) - 1
    return steps[start : end + 1]
