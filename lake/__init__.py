"""Tables on Delta: where they lie, whole-day atomic writes, Arrow reads without a JVM; ledger; Spark session."""
