"""Pages about pull requests."""
