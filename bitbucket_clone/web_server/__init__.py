"""The HTTP server of `serve`: gunicorn's threaded worker, in which slow clients do not occupy threads.

Requests are read ahead and answers are finished by the worker's event loop; a thread is used only
while there is something to compute. Who may have one is decided in `admission`.
"""
