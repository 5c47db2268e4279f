"""REST endpoints of the audit log."""
