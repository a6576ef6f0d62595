"""The repair of a reference picture."""
