"""From the faces of single samples to people: when to look, runs, tracks, identity."""
