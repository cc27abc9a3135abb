"""Files written whole or not at all, and what one process holds at a time."""
