"""The weights of the models, and the loaded models."""
