"""Commands of the whole server for `manage.py`."""
