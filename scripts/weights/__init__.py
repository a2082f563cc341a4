"""Reads weights as others publish them and writes them as xrayclf loads them."""
