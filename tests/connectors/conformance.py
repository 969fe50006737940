"""Holds what went over the wire against a vendor's own specification: every request a connector made, every answer
the sandbox gave. Swagger 2 documents are read as OpenAPI 3.0; the checking is openapi-core's.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from connectors.sandbox.server.sandbox import Exchange

OURS = Path(__file__).parent / "specs"
# Read when this file is loaded: tests run without settings from outside.
ELSEWHERE = Path(os.environ.get("RCX_VENDOR_SPECS") or Path(__file__).parents[3] / "shared" / "vendors")


def specification(name: str) -> Path:
    """A specification by its path below the specs' folder: ours where its licence allows a copy, else the folder
    `RCX_VENDOR_SPECS` names. The test is skipped, saying why, where it is in neither."""
    for folder in (OURS, ELSEWHERE):
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"the vendor's specification {name} is not here; name its folder by RCX_VENDOR_SPECS")


class Conformance:
    """One specification, whose paths begin at `server` (such as "https://api.pax8.com/v1").

    `mends` is merged into the document where the vendor's own text is known to be wrong; say why beside it.
    `ours` are paths of the API that the document does not have (its token endpoint).
    """

    def __init__(
        self, name: str, server: str, *, mends: Mapping[str, Any] | None = None, ours: Iterable[str] = ()
    ) -> None:
        document = _merged(_loaded(specification(name)), mends or {})
        document["servers"] = [{"url": server}]
        document.pop("security", None)
        # A vendor's own media type is JSON where its name says so (RFC 6839).
        medias = dict.fromkeys(re.findall(r'"([\w./-]+\+json)"', json.dumps(document)), json.loads)
        self._api = OpenAPI.from_dict(document, config=Config(extra_media_type_deserializers=medias))
        self._scheme = server.partition("://")[0]
        self._ours = tuple(ours)
        self.checked = 0

    def problems(self, exchanges: Iterable[Exchange]) -> list[str]:
        """What is wrong with each exchange, one line a finding; requests and answers."""
        found = []
        for each in exchanges:
            if any(each.path.endswith(path) for path in self._ours):
                continue
            self.checked += 1
            request, response = self._mocked(each)
            checks = {
                "request": partial(self._api.validate_request, request),
                "answer": partial(self._api.validate_response, request, response),
            }
            for part, check in checks.items():
                try:
                    check()
                except OpenAPIError as error:
                    found.append(f"{each.method} {each.path} {part}: {_said(error)}")
        return found

    def _mocked(self, each: Exchange) -> tuple[MockRequest, MockResponse]:
        kind = each.request_headers.get("content-type", "").partition(";")[0]
        request = MockRequest(
            f"{self._scheme}://{each.host}",
            each.method.lower(),
            each.path,
            args=parse_qsl(each.query, keep_blank_values=True),
            headers=dict(each.request_headers),
            data=each.request_body or None,
            content_type=kind or "application/json",
        )
        media = each.headers.get("content-type", "application/json").partition(";")[0]
        return request, MockResponse(each.body, each.status, headers=dict(each.headers), content_type=media)


def _said(error: BaseException) -> str:
    parts = [str(error)]
    cause: BaseException | None = error.__cause__
    while cause is not None:
        parts += [str(each)[:300] for each in getattr(cause, "schema_errors", None) or [cause]]
        cause = cause.__cause__
    return " | ".join(part.splitlines()[0] for part in parts if part)


@lru_cache(maxsize=2)
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _loaded(path: Path) -> dict[str, Any]:
    text = _text(path)
    document: dict[str, Any] = yaml.safe_load(text) if path.suffix in (".yaml", ".yml") else json.loads(text)
    return _as_openapi(document) if "swagger" in document else document


def _merged(base: Any, over: Any) -> Any:
    if isinstance(base, dict) and isinstance(over, Mapping):
        return {**base, **{key: _merged(base.get(key), value) for key, value in over.items()}}
    return over


def _as_openapi(old: dict[str, Any]) -> dict[str, Any]:
    """A Swagger 2 document as OpenAPI 3.0: bodies, parameters, answers and references; security is left out."""
    text = json.dumps({"paths": old["paths"], "schemas": old.get("definitions", {})})
    moved = json.loads(text.replace("#/definitions/", "#/components/schemas/"))
    produces = old.get("produces") or ["application/json"]
    paths = {}
    for path, item in moved["paths"].items():
        shared = item.pop("parameters", [])
        paths[path] = {
            method: _operation({**operation, "parameters": [*shared, *operation.get("parameters", [])]}, produces)
            for method, operation in item.items()
            if isinstance(operation, dict)
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": old["info"].get("title", ""), "version": str(old["info"].get("version", "1"))},
        "paths": paths,
        "components": {"schemas": moved["schemas"]},
    }


def _operation(old: dict[str, Any], produces: list[str]) -> dict[str, Any]:
    new: dict[str, Any] = {"parameters": [], "responses": {}}
    form = {}
    for parameter in old["parameters"]:
        if parameter["in"] == "body":
            content = {
                kind: {"schema": parameter.get("schema", {})} for kind in old.get("consumes", ["application/json"])
            }
            new["requestBody"] = {"required": parameter.get("required", False), "content": content}
        elif parameter["in"] == "formData":
            form[parameter["name"]] = {"type": parameter.get("type", "string")}
        else:
            kept = {key: parameter[key] for key in ("name", "in", "required") if key in parameter}
            words = ("type", "format", "enum", "items", "minimum", "maximum", "pattern")
            kept["schema"] = {key: parameter[key] for key in words if key in parameter}
            if parameter.get("collectionFormat") == "csv" or (
                parameter.get("type") == "array" and "collectionFormat" not in parameter
            ):
                kept["explode"] = False
            new["parameters"].append(kept)
    if form:
        new["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": {"properties": form}}}}
    for status, response in old.get("responses", {}).items():
        made: dict[str, Any] = {"description": response.get("description", "")}
        if "schema" in response:
            made["content"] = {kind: {"schema": response["schema"]} for kind in old.get("produces", produces)}
        new["responses"][status] = made
    return new
