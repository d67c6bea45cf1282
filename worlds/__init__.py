"""Simulators with known truth, and adapters that turn public data sets into landing logs."""
