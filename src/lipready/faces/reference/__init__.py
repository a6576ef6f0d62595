"""The reference image: which frames may become one, the best of them, and its crop."""
