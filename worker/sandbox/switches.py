"""What the evidence about InvoiceXpress leaves open, as switches: tests run both ways.

The first choice of each is the default. A default is what section 13 or 15 of the reference says; where they say
nothing, it is the hardest one for a client.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

Value = bool | int | str
Settings = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True)
class Switch:
    """One open question: its name, what it may be set to, and what it decides."""

    name: str
    default: Value
    meaning: str
    choices: tuple[str, ...] = ()
    most: int = 0

    def accepts(self, value: object) -> bool:
        """Whether `value` is one that this switch knows."""
        if isinstance(self.default, bool):
            return isinstance(value, bool)
        if isinstance(self.default, int):
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= self.most
        return value in self.choices

    @property
    def values(self) -> str:
        """What the switch may be set to, in words."""
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, int):
            return f"a whole number from 0 to {self.most}"
        return ", ".join(self.choices)


class UnknownSwitch(ValueError):
    """A switch or a value that does not exist; the text names those that do."""


def _flag(name: str, meaning: str, *, default: bool = False) -> Switch:
    return Switch(name=name, default=default, meaning=meaning)


def _number(name: str, default: int, most: int, meaning: str) -> Switch:
    return Switch(name=name, default=default, most=most, meaning=meaning)


def _choice(name: str, choices: str, meaning: str) -> Switch:
    names = tuple(choices.split())
    return Switch(name=name, default=names[0], choices=names, meaning=meaning)


# Each with the point of section 13 (or 15.n) that it belongs to.
SWITCHES = (
    _flag("forbid_finalizing", "25: record who finalises, settles, cancels or e-mails", default=True),
    _choice("auth_error_shape", "list object", "2: body of a 401 for a wrong key"),
    _choice("unknown_account", "same_401 html_404", "2: an unknown subdomain: a wrong key's 401, or a page"),
    _flag("trial", "3: email-document answers 401, not available in the trial"),
    _number("rate_limit", 780, 1_000_000, "5: requests a minute and account before 429"),
    _choice("rate_window", "sliding fixed", "5: the minute that is counted"),
    _choice("rate_body", "html empty json", "5: body of a 429"),
    _number("retry_after", 0, 3600, "5: seconds in a 429's Retry-After; 0 leaves the header out"),
    _choice("uid_replay", "same_201 same_200 conflict", "7b: a uid that comes again after its document was made"),
    _flag("uid_echo", "7d: documents show their proprietary_uid"),
    _flag("uid_spent_by_422", "7e: a refused create uses its uid up"),
    _choice("uid_after_delete", "replay new conflict", "7f: a uid whose draft was deleted"),
    _number("uid_lifetime", 0, 10_000_000, "15.6: seconds after which a uid is forgotten; 0 is never"),
    _choice("client_conflict", "refuse code name", "10: name and code of a document's client disagree"),
    _flag("unique_client_names", "11, 15.4: a second client of one name is refused", default=True),
    _choice("bad_nif", "refuse final_consumer", "12, 15.5: a document for a client with a false NIF"),
    _choice("unit_price_rounding", "half_up half_even down", "14: how a unit price loses its fifth decimal"),
    _choice("unknown_document_attribute", "refuse ignore", "14: unknown attribute of a document"),
    _choice("unknown_line_attribute", "ignore refuse", "14: unknown attribute of a line"),
    _choice("tax_name_case", "sensitive insensitive", "15: whether iva6 finds IVA6"),
    _choice("missing_exemption", "refuse stamp", "16: a line of 0 % without exemption code on create"),
    _choice("needless_exemption", "ignore refuse", "16: an exemption code without a line of 0 %"),
    _choice("totals_as", "numbers texts", "17: how a document's totals are written"),
    _choice("tax_values_as", "texts numbers", "17: how the values of /taxes.json are written"),
    _choice("line_decimals", "10 4", "15.7: decimals of a line's subtotal, tax and discount"),
    _choice("draft_number", "rascunho blank", "19: a draft's sequence_number"),
    _choice("exemption_echo", "blank missing code", "19: tax_exemption as a draft shows it"),
    _choice("fiscal_id_echo", "shown missing", "19, 4: whether a document shows its client's fiscal_id"),
    _choice("document_miss", "json empty", "22, 15.2: body of a 404 for a document"),
    _choice("deleted_document", "shown missing", "22: GET of a deleted draft answers 200 or 404"),
    _number("index_lag", 5, 20, "23: seconds until a new document is seen in lists"),
    _choice("reference_filter", "substring exact", "23: what reference= matches"),
    _number("per_page", 10, 100, "23: page size when none is asked for"),
    _number("per_page_cap", 100, 1000, "23: largest page size"),
    _choice("list_order", "oldest_first newest_first", "23, 15.12: order of lists"),
    _flag("stale_list_totals", "23: lists show the total a document was made with", default=True),
    _choice("update_answer", "empty document", "24: body of a PUT's 200"),
    _choice("find_miss", "json empty error500", "26, 15.2: find-by-code and find-by-name of nobody"),
    _choice("error_shape", "list object texts", "28: shape of a 422's body"),
    _choice("language", "pt en", "28: language of errors"),
    _choice("emoji", "refuse accept", "15.8: characters of four bytes in texts"),
    _flag("tax_authority_credentials", "15.9: the account may make series"),
)

_BY_NAME = {switch.name: switch for switch in SWITCHES}


class Switchboard:
    """Where every switch stands: for the whole sandbox, and otherwise for one account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._everywhere: dict[str, Value] = {switch.name: switch.default for switch in SWITCHES}
        self._accounts: dict[str, dict[str, Value]] = {}

    def of(self, account: str | None = None) -> Settings:
        """Every switch as it stands for an account."""
        with self._lock:
            return self._everywhere | self._accounts.get(account or "", {})

    def put(self, changes: Mapping[str, object], account: str | None = None) -> None:
        """Set switches, all or none. None puts a switch back.

        Raises UnknownSwitch for a name or value that does not exist.
        """
        for name, value in changes.items():
            _check(name, value)
        with self._lock:
            own = self._accounts.setdefault(account, {}) if account else self._everywhere
            for name, value in changes.items():
                if isinstance(value, bool | int | str):
                    own[name] = value
                elif account:
                    own.pop(name, None)
                else:
                    own[name] = _BY_NAME[name].default


def _check(name: str, value: object) -> None:
    switch = _BY_NAME.get(name)
    if switch is None:
        raise UnknownSwitch(f"There is no switch {name!r}; the switches are {', '.join(_BY_NAME)}.")
    if value is not None and not switch.accepts(value):
        raise UnknownSwitch(f"The switch {name} cannot be {value!r}; it takes {switch.values}.")
