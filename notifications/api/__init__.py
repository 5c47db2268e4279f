"""REST about mail."""
