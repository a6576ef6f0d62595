"""Measure a result video against what was sent."""
