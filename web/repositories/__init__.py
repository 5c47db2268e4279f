"""Pages about one repository, its forks and its push log."""
