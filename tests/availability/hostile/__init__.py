"""Generators of hostile input: text, trees, packs."""
