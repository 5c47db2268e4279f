"""Pages about commits."""
