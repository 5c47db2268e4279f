"""What the server tells other machines: webhooks and their deliveries."""
