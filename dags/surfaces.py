"""The Airflow DAGs: one per surface file, named like it, drawn from the step list that `feedmill run` follows."""

from dags.draw import draw, draw_broken
from schemas.errors import UserError
from surfaces.load import load, names

for name in names():
    try:
        draw(load(name))
    except UserError as mistake:
        draw_broken(name, mistake)
