"""`manage.py demo`: an empty server comes alive, through the services that people go through."""
