"""What becomes of a submitted task: fetched, judged, rendered, delivered."""
