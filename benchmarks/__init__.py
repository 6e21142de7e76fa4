"""Measurements that back a claim: ``python -m benchmarks.<capability> [part] [--json]``."""
