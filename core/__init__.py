"""The kernel that every app stands on: errors, events, paging, links, settings rows and the durable queue."""
