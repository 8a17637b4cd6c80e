"""What the names of all keys in the store begin with."""

from rq.defaults import RQ_KEY_PREFIX

FS = "fs" if RQ_KEY_PREFIX == "rq" else f"{RQ_KEY_PREFIX}:fs"
"""Of FaturaSync's own: `fs:...`. Where RQ's are put under another name with RQ_KEY_PREFIX (such as `{casa}`, whose braces
keep all keys on one shard of a cluster: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags),
ours are under it too."""

RECORD = f"""local FS, record = '{FS}', KEYS[1]
local account = record and string.match(record, '^[^:]+', #FS + #':booking:' + 1)
"""
"""How each of the ledger's Lua scripts begins: its first key is a booking's record, which has the account's name in it."""

PATTERN = "".join(f"\\{each}" if each in "*?[]\\" else each for each in FS)
"""The same in patterns of Redis."""
