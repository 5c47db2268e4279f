"""What changes notices, and sends them."""
