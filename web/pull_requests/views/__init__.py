"""Views: pages about pull requests."""
