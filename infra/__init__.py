"""What runs Feedmill on a machine: Airflow, MLflow and serving together, and the benchmark."""
