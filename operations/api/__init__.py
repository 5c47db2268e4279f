"""Endpoints about the server itself."""
