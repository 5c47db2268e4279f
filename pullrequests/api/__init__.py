"""REST about pull requests."""
