"""InvoiceXpress, spoken to over HTTP: taxes, clients, and draft documents that are made, read, changed and deleted.

That is all it can do. The reference is `shared/reference/invoicexpress.md`; "section" below means one of its sections.
"""
