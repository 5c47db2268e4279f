"""Pages for the settings of projects and repositories."""
