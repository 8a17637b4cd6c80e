"""Lengths of time as people say them, in any language: 3 min 20 s."""

UNITS = (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1))


def span(seconds: float | None) -> str:
    """A length of time in its two largest units; a dash where there is none."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    for name, size, below, part in UNITS:
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {name}" + (f" {rest} {below}" if rest else "")
    return f"{whole} s"
