"""What the apps share to do their work: jobs, schedule, outgoing HTTP, caches, encryption, rendering."""
