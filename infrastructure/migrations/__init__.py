"""Migrations of the infrastructure."""
