"""The repair of an audio track: recipe, steps in words, command."""
