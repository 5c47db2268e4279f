"""Git, and nothing but Git: paths, ids, names and streams go in; frozen values come out.

No Django, no users, no HTTP. What may fail is in `errors`; what comes out is in `types`.
"""
