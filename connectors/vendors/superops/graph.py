"""SuperOps's GraphQL: the questions that are asked, their pages, and errors that come inside a 200."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.http.client import Answer, Http, vendor_words
from connectors.http.failures import ApiFailure
from connectors.http.pages import numbered
from connectors.http.rows import Row

PATH = "msp"
_CHANGES = "changes { changeId effectiveDate endDate quantity quantityChangeOperation }"
_CONTRACT = f"""
    contractId client startDate endDate contractStatus
    contract {{
      contractId name description contractType
      billableContract {{
        contractId chargeItem quantityCalculationType frequencyType discountRate
        sellingPrice {{ model details {{ value }} }}
        recurringContract {{ contractId recurringMode frequencyDurationUnit frequencyInterval nextBillDate }}
        {_CHANGES}
      }}
    }}"""
_INFO = "listInfo { page pageSize hasMore totalCount }"

STAGES = "query getClientStageList { getClientStageList { stageId name constant } }"
CLIENTS = f"""query getClientList($input: ListInfoInput!) {{ getClientList(input: $input) {{
    clients {{ accountId name stage status emailDomains primaryContact hqSite }} {_INFO} }} }}"""
SITES = f"""query getClientSiteList($input: GetClientSiteListInput!) {{ getClientSiteList(input: $input) {{
    sites {{ id name line1 line2 line3 city postalCode countryCode stateCode contactNumber client hq }} {_INFO} }} }}"""
ITEMS = f"""query getServiceCatalogItemList($input: ListInfoInput!) {{ getServiceCatalogItemList(input: $input) {{
    items {{ itemId name description category {{ categoryId name }} itemType status
      sellingPrice {{ model details {{ value }} }} costPrice {{ model details {{ value }} }} }} {_INFO} }} }}"""
CONTRACTS = f"""query getClientContractList($input: ListInfoInput) {{ getClientContractList(input: $input) {{
    clientContracts {{ {_CONTRACT} }} {_INFO} }} }}"""
CONTRACT = f"""query getClientContract($input: ContractIdentifierInput!) {{ getClientContract(input: $input) {{
    {_CONTRACT} }} }}"""
INVOICES = f"""query getInvoiceList($input: ListInfoInput!) {{ getInvoiceList(input: $input) {{
    invoices {{ invoiceId displayId client invoiceDate dueDate statusEnum totalAmount }} {_INFO} }} }}"""
INVOICE_ITEMS = f"""query getInvoiceItemList($input: ListInfoInput!) {{ getInvoiceItemList(input: $input) {{
    items {{ itemId billedDate details quantity unitPrice discountRate amount serviceItem
      invoice {{ invoiceId client statusEnum }} }} {_INFO} }} }}"""
UPDATE_CONTRACT = """mutation updateClientContract($input: UpdateClientContractInput!) {
    updateClientContract(input: $input) }"""

_CODES = {
    "rate_limit_exceeded": "rate_limited",
    "forbidden": "privilege_missing",
    "unauthorized": "credentials_refused",
    "entity_does_not_exist": "not_found",
}
_SILENCE_S = 10.0


def named(document: str) -> str:
    """The name of the one field that a document asks for, which is also the operation's."""
    return document.split("(", 1)[0].split("{", 1)[0].split()[1]


def asked(document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of a request."""
    return {"operationName": named(document), "query": document, "variables": dict(variables or {})}


class Graph:
    """Questions to one SuperOps account."""

    def __init__(self, api: Http, size: int) -> None:
        self._api, self._size = api, size
        self._at: datetime | None = None

    def today(self) -> date:
        """The day by SuperOps's clock as it last answered (UTC); by this server's where it never told."""
        return (self._at or datetime.now(UTC)).date()

    def data(self, document: str, variables: Mapping[str, Any], needs: str) -> Row:
        """What one question gives, as an object whose only field is the question's name."""
        return _data(self._ask(document, variables, needs))

    def all(
        self, document: str, key: str, *, noun: str, needs: str, around: str = "", size: int | None = None
    ) -> Iterator[Row]:
        """All rows of a list that comes in pages. `around` is the input's field that holds the page, "" if none."""
        name = named(document)

        def fetch(page: Mapping[str, Any]) -> Answer:
            given = {around: dict(page)} if around else dict(page)
            return self._ask(document, {"input": given}, needs)

        return numbered(
            self._api,
            PATH,
            lambda answer: _listed(answer, name).need_rows(key, noun),
            noun=noun,
            size=size or self._size,
            total=lambda answer: _total(answer, name),
            ask=fetch,
        )

    def change(self, document: str, variables: Mapping[str, Any], needs: str) -> str:
        """Change something, sent once; the id that comes back. Raises ApiFailure."""
        answer = self._api.write("POST", PATH, asked(document, variables), needs=needs)
        return _data(answer).need(named(document))

    def _ask(self, document: str, variables: Mapping[str, Any], needs: str) -> Answer:
        answer = self._api.ask(PATH, asked(document, variables), needs=needs)
        self._at = answer.at or self._at
        return answer


def explained(vendor: str, answer: Answer, needs: str) -> ApiFailure | None:
    """The failure in an answer: SuperOps tells most of them inside a 200, by codes; None where there is none."""
    if answer.status == 400:
        return ApiFailure("setting_wrong", vendor, "the customer subdomain", detail=vendor_words(answer), status=400)
    if not 200 <= answer.status < 300:
        return None
    body = answer.json()
    errors = body.get("errors") if isinstance(body, dict) else None
    if not errors:
        return None
    codes = [each for error in errors if isinstance(error, dict) for each in _codes(error)]
    said = ", ".join(code for code in codes if code) or vendor_words(answer)
    for code in codes:
        if code in _CODES:
            kind = _CODES[code]
            what = needs if kind == "privilege_missing" else "the record"
            rest = _SILENCE_S if kind == "rate_limited" and "retry-after" not in answer.headers else None
            return ApiFailure(kind, vendor, what, detail=said, status=answer.status, retry_after_s=rest)
        if code.endswith("validation_failed"):
            return ApiFailure("refused", vendor, "this change", detail=said, status=answer.status)
    if any(_is_ours(error) for error in errors):
        return ApiFailure(
            "unexpected_shape", vendor, "it does not take the question", detail=said, status=answer.status
        )
    return ApiFailure("vendor_down", vendor, detail=said, status=answer.status)


def _codes(error: Mapping[str, Any]) -> list[str]:
    extensions = error.get("extensions")
    found = extensions.get("clientError") if isinstance(extensions, dict) else None
    return [str(each.get("code", "")) for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _is_ours(error: object) -> bool:
    """Whether the question itself was malformed (GraphQL's own validation)."""
    extensions = error.get("extensions") if isinstance(error, dict) else None
    kind = str(extensions.get("classification", "")) if isinstance(extensions, dict) else ""
    return kind in ("ValidationError", "InvalidSyntax")


def _data(answer: Answer) -> Row:
    body = answer.row("answer")
    if not body.has("data"):
        raise ApiFailure("unexpected_shape", answer.vendor, "the answer holds no data")
    return body.row("data")


def _listed(answer: Answer, name: str) -> Row:
    data = _data(answer)
    if not data.has(name):
        raise ApiFailure("unexpected_shape", answer.vendor, f"the answer holds no {name}")
    return data.row(name)


def _total(answer: Answer, name: str) -> int | None:
    counted = _listed(answer, name).row("listInfo").exact("totalCount")
    return None if counted is None else int(counted)
