"""Pull requests: propose, review and merge."""
