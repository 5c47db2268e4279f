"""Commands of the infrastructure."""
