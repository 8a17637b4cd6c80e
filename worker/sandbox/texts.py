"""What InvoiceXpress says when it refuses, in English and Portuguese (reference 6.2, 7, 8.2, 9.3)."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Text:
    """One sentence in the two languages an account may have."""

    en: str
    pt: str

    def about(self, value: object) -> "Text":
        """The sentence with its gap filled."""
        return Text(en=self.en.replace("{}", str(value)), pt=self.pt.replace("{}", str(value)))

    def say(self, language: object) -> str:
        """The sentence in `pt` or `en`."""
        return self.pt if language == "pt" else self.en


def _same(text: str) -> Text:
    return Text(en=text, pt=text)


INVALID_KEY = _same("Invalid API key")
NOT_FOUND = _same("404 Not Found")
TRIAL = _same("Esta funcionalidade não está disponível durante o período de experimentação")
GATEWAY_TIMEOUT = _same("504 Gateway Time-out")
INTERNAL_ERROR = _same("500 Internal Server Error")
TOO_MANY = _same("Too Many Requests")
QUOTA = _same("Document creation limit reached for the period from 01/01/2027 to 31/01/2027")
INVALID = _same("Something is invalid")
CONTENT_TYPE = _same("No content type or wrongly specified content type")
ONGOING_UID = _same("There's an ongoing document creation with the provided UID {}")
DOCUMENT_NOT_FOUND = _same("Document not found")
CLIENT_NOT_FOUND = _same("Client not found")
CANNOT_HANDLE = _same("CantHandle: {}")
NO_CREDENTIALS = _same("Tax authority credentials are missing")
PDF_PENDING = _same("The PDF is being generated, try again in a moment")

MISSING_ELEMENT = Text(en="Element {} was not given", pt="Elemento {} não fornecido")
NOT_A_TEXT = _same("undefined method `match' for {}:Integer")
UNKNOWN_ATTRIBUTE = _same("unknown attribute '{}'")
TOO_LONG = Text(en="{} is too long", pt="{} é demasiado longo")
FOUR_BYTES = Text(en="{} has invalid characters", pt="{} tem caracteres inválidos")
BAD_DATE = Text(en="{} is not a valid date", pt="{} não é uma data válida")
DUE_BEFORE_DATE = Text(
    en="Due date must be later than date", pt="Data de vencimento deve ser posterior à data do documento"
)
RETENTION = Text(en="Retention must be a number between 0 and 99.99", pt="Retenção deve ser um número entre 0 e 99.99")
NO_PAYMENT_PROVIDER = Text(
    en="MB reference needs a payment provider", pt="Referência MB necessita de um fornecedor de pagamentos"
)
SEQUENCE_NOT_FOUND = Text(en="Sequence {} was not found", pt="A série {} não foi encontrada")
NOT_EURO = Text(en="Currency {} needs a rate", pt="A moeda {} precisa de uma taxa de câmbio")
GLOBAL_DISCOUNT = Text(en="Global discount is invalid", pt="Desconto global não é válido")
OWNER_INVOICE = Text(en="Owner invoice must be a finalized document", pt="O documento de origem deve estar finalizado")
ZERO_TOTAL = Text(en="Total must be greater than 0", pt="Total deve ser maior que 0")
NOT_EDITABLE = Text(
    en="Invoice has been {} so can't be changed anymore", pt="O documento está {} e não pode ser alterado"
)
CANCEL_MESSAGE = Text(en="Cancel message can't be blank", pt="A mensagem de cancelamento é um campo obrigatório")
CHRONOLOGY = Text(
    en="Date cannot be earlier than the last {} of this sequence",
    pt="Data não pode ser anterior à do último documento ({}) desta série",
)

ITEMS_NOT_AN_ARRAY = Text(en="Items element should be an array", pt="O elemento items deve ser um array")
ITEMS_INVALID = Text(en="Invoice items is invalid", pt="Os itens do documento não são válidos")
DUPLICATE_ITEM = Text(en="Duplicate item", pt="Item duplicado")
UNIT_PRICE = Text(en="Unit price must be a number", pt="Preço unitário deve ser um número")
QUANTITY = Text(en="Quantity must be a number greater than 0", pt="Quantidade deve ser um número maior que 0")
DISCOUNT = Text(en="Discount is not a number", pt="Desconto não é um número")
UNIT = Text(en="Unit {} is not included in the list of accepted units", pt="Unidade {} não está na lista de unidades")
EXEMPTION_MISSING = Text(
    en="Exemption reason must have an option selected", pt="Razão de isenção deve ter uma opção selecionada"
)
EXEMPTION_NEEDLESS = Text(
    en="Tax exemption given but no item is exempt", pt="Razão de isenção indicada sem itens isentos"
)
EXEMPTION_UNKNOWN = Text(en="Tax exemption should be one of: {}", pt="Razão de isenção deve ser uma das seguintes: {}")

NAME_BLANK = Text(en="Name can't be blank", pt="Nome é um campo obrigatório")
NAME_TAKEN = Text(en="Name has already been taken", pt="Nome não está disponível")
NAME_TOO_LONG = Text(en="Name is too long", pt="Nome é demasiado longo")
CODE_TAKEN = Text(en="Code has already been taken", pt="Código não está disponível")
EMAIL = Text(en="Email must be an email address", pt="Email deve ser um endereço de email")
EMAIL_BLANK = Text(en="Email is a required field", pt="Email é um campo obrigatório")
COUNTRY_NOT_FOUND = Text(en="Country {} was not found", pt="Country {} was not found")
CLIENT_INVALID = Text(en="Client is invalid", pt="Cliente não é válido")
FISCAL_INVALID = Text(en="Fiscal is invalid", pt="Fiscal não é válido")
SEND_OPTIONS = Text(en="Send options must be between 1 and 3", pt="Opções de envio devem estar entre 1 e 3")
LANGUAGE = Text(en="Language is invalid", pt="Língua não é válida")

ITEM_PRICE = Text(en="Unit price is not valid", pt="Preço unitário não é válido")
TAX_VALUE = Text(en="Value must be between 0 and 99.99", pt="Valor deve estar entre 0 e 99.99")
TAX_REGION = Text(en="Tax region is empty", pt="Região do imposto não preenchida")
NOT_AVAILABLE = Text(en="is not available.", pt="não está disponível.")
