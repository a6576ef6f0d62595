"""How far mouths are open, and what they move with."""
