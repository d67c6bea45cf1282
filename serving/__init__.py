"""The thin layer that answers requests from a release. Never imports Spark, the lake, Airflow or jobs."""
