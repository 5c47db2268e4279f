"""How a diff is drawn, for every page that shows one."""
