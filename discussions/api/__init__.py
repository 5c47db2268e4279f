"""Discussions over REST."""
