"""REST about builds."""
