"""Pages for the administration of the site."""
