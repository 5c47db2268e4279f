"""Find projects and repositories, and read what they hold: only what the actor may see."""
