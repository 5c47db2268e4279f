"""What changes users and groups, and lets people in."""
