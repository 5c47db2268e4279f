"""Pages about projects and lists of repositories."""
