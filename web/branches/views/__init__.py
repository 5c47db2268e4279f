"""Views: pages about branches and tags."""
