"""Inputs that are addresses, and the options of a request."""
