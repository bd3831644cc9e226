"""Measures of how well pictures follow their layouts and their words."""
