"""People, groups and the secrets they come with; from here on everyone is an Actor."""
