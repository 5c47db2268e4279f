"""Views: pages for the settings of projects and repositories."""
