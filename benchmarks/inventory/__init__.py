"""Demand and stock on Complete Journey; run with ``python -m benchmarks.inventory``."""
