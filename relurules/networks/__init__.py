"""Network -> Network: what a domain makes needless is removed, decisions are added."""
