"""Nobody can stop the server: each kind of hostile work has a budget of memory and processor time."""
