"""REST about people."""
