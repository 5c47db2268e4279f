"""Views: pages about commits."""
