"""The audit log of users, permissions, projects and the site; no app below depends on it."""
