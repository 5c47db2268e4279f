"""Measurements: each starts what it measures, runs it beside a peer in the same run, and prints ratios."""
