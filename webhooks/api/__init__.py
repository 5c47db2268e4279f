"""Routes and endpoints of webhooks."""
