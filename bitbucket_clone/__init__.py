"""The project: settings, the whole site's routes, the worker."""

from bitbucket_clone.celery import app as celery_app

__all__ = ["celery_app"]
