"""The audit log: what happened to people, permissions, projects and the site; nobody below knows of it."""
