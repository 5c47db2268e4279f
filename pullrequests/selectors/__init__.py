"""Find pull requests and what they hold: only what the actor may see."""
