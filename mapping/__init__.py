"""What things mean: a channel manager's words become a `Booking`, a `Booking` becomes an `InvoiceDraft`.

Pure: no network, no Redis, no clock, no environment.
"""
