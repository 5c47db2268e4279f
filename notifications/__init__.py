"""Notifications by mail about what users participate in, watch, or are mentioned in."""
