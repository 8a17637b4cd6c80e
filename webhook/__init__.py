"""Speaks HTTP to the outside: receives deliveries, shows the console."""
