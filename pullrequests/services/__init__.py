"""What changes pull requests."""
