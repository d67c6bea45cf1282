"""Retrieval models, ranker, calibration and item index: fit / recommend / score / save / load. No Spark, no Airflow."""
