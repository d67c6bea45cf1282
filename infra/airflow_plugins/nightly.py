"""What Airflow's own processes must know of Feedmill: its timetable."""

from airflow.plugins_manager import AirflowPlugin

from dags.timetable import Nightly


class Feedmill(AirflowPlugin):
    """Found through AIRFLOW__CORE__PLUGINS_FOLDER."""

    name = "feedmill"
    timetables = [Nightly]  # noqa: RUF012 - the type is Airflow's
