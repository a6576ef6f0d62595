"""Submission: uploads, the price, the one paid request, and polling of the task."""
