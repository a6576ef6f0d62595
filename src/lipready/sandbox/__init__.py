"""A local server that behaves as both providers document, with faults on demand."""
