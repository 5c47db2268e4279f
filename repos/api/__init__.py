"""REST about projects and repositories."""
