"""Asks channel managers for the bookings that their deliveries only name. Read only: nothing is ever acknowledged."""
