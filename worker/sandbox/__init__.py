"""The sandbox: an InvoiceXpress to try things with, as faithful as the evidence about its REST API allows.

`switches.py` is the table of what the evidence leaves open (per account or for all, `POST /_sandbox/switches`);
`faults.py` the table of what can go wrong on the way (`POST /_sandbox/faults`): connections dropped after the
document was made, late writes, lost answers, broken bodies, 429 and the plan's limit. `GET` on both shows where
everything stands and what it means. `control.py` holds these and the other `/_sandbox` endpoints, `app.py` the
application. State lives in memory; one process, any number of threads.
"""
