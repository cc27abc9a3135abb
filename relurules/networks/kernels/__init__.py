"""Compiled functions of searches over piecewise linear programs."""
