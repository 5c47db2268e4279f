"""Views: pages for the administration of the site."""
