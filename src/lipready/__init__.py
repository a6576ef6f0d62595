"""Check, repair and submit the inputs of hosted lip-sync models before they cost money."""

__version__ = "0.1.0.dev0"
