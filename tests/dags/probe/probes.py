"""DAGs for the tests with a real Airflow: a night of few steps, drawn by the same code as the real ones."""

from datetime import UTC, datetime

from dags.draw import draw
from surfaces.load import load

shorts = load("shorts")
few = {"retrieval": {"popular": shorts.retrieval["popular"]}, "ranker": None, "value": {}}
draw(shorts.model_copy(update=few))

owing = draw(shorts.model_copy(update={**few, "surface": "owing"}))
owing.start_date = datetime(2026, 1, 1, tzinfo=UTC)
owing.is_paused_upon_creation = False
