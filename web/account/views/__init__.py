"""Views: pages for signing in and for a user's own account."""
