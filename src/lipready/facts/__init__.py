"""What was measured: frozen dataclasses without I/O, without limits and without opinions."""
