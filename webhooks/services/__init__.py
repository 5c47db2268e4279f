"""What changes webhooks and their deliveries."""
