"""Measures the system on questions with known answers, from outside, through the library's public names."""
