"""Measurements: each starts what it measures, runs it beside a peer in the same run, and prints ratios."""

import os

import django

# Here, before any of them is read: the helpers of the tests know the models.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()
