"""The dashboard and quick search."""
