"""The studio where the fixtures are made: a synthetic voice, portraits that move, and the encoder."""
