"""The result video: downloaded, resumed, checked, and put under its name."""
