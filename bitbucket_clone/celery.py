"""The Celery application; without REDIS_URL nothing ever connects to a broker."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bitbucket_clone.settings")

app = Celery("bitbucket_clone")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["core"], related_name="jobs")
app.autodiscover_tasks(["core"], related_name="rounds")
