"""Brings each booking's draft to where it should be, however often it takes."""
