"""The repair of a video: recipe, steps in words, command."""
