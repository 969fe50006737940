"""Reading what people answer: which questions are asked at all, what is wrong with an answer, and its words."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rcx_app.core.errors import Invalid
from rcx_app.domain.booking import zones
from rcx_app.domain.identity.forms import is_email
from rcx_app.domain.onboarding.questions import GROUPS, QUESTIONS, Group, Question

Answers = Mapping[str, Any]

# Codes of ISO 4217 that money is kept in today, without funds, metals and tests.
_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL
"""
CURRENCIES = tuple(_CODES.split())


class AnswersInvalid(Invalid):
    """`by_key` says what is wrong, by the keys of the questions, in their order on the page."""

    def __init__(self, by_key: dict[str, str]) -> None:
        super().__init__("Some answers need another look.", problems=tuple(by_key.values()))
        self.by_key = by_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An answer that is another than it was; "" where there was or is none."""

    key: str
    text: str
    before: str
    after: str


def is_asked(question: Question, answers: Answers) -> bool:
    """Whether the answers so far call for the question. What hangs on a question that isn't asked, isn't either."""
    if question.when is None:
        return True
    key, values = question.when
    if not is_asked(QUESTIONS[key], answers):
        return False
    given = answers.get(key)
    return bool(set(given) & set(values)) if isinstance(given, list) else given in values


def asked(group: Group, answers: Answers) -> tuple[Question, ...]:
    return tuple(each for each in group.questions if is_asked(each, answers))


def cleaned(group: Group, given: Mapping[str, Any]) -> dict[str, Any]:
    """The group's part of a form as it is kept: known keys only, trimmed, without what is empty or far too long.

    Nothing is refused here, since what is half typed is saved too; `problems` says what is wrong with it.
    """
    found: dict[str, Any] = {}
    for question in group.questions:
        value = _kept(question, given.get(question.key))
        if value not in ("", [], None):
            found[question.key] = value
    return found


def problems(group: Group, answers: Answers) -> dict[str, str]:
    """What is wrong with the answers to the questions of a group that are asked, by key."""
    found = {each.key: _objection(each, answers.get(each.key)) for each in asked(group, answers)}
    return {key: problem for key, problem in found.items() if problem}


def all_problems(answers: Answers) -> dict[str, str]:
    return {key: problem for group in GROUPS for key, problem in problems(group, answers).items()}


def sent(answers: Answers) -> dict[str, Any]:
    """What counts once it is sent: without answers to questions that are no longer asked."""
    return {key: answers[key] for key, each in QUESTIONS.items() if key in answers and is_asked(each, answers)}


def in_words(question: Question, value: Any) -> str:
    """An answer as people read it."""
    if value in (None, "", []):
        return ""
    words = dict(question.options)
    if isinstance(value, list):
        return ", ".join(words.get(str(each), str(each)) for each in value)
    if question.kind == "yes_no":
        return {"yes": "Yes", "no": "No"}.get(str(value), str(value))
    if question.kind == "number":
        counted = f"{value:,}" if isinstance(value, int) else str(value)
        return f"{counted} {question.unit}".strip()
    return words.get(str(value), str(value))


def changes(before: Answers, after: Answers) -> list[Change]:
    """What differs, in the order of the questions; keys that no edition of today knows stand at the end."""
    keys = [*QUESTIONS, *sorted((set(before) | set(after)) - set(QUESTIONS))]
    found = []
    for key in keys:
        question = QUESTIONS.get(key) or Question(key=key, text=key.replace("_", " "), kind="text")
        old, new = in_words(question, before.get(key)), in_words(question, after.get(key))
        if old != new:
            found.append(Change(key=key, text=question.text, before=old, after=new))
    return found


def _kept(question: Question, value: Any) -> Any:
    if question.kind == "choices":
        chosen = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        known = [option for option, _ in question.options]
        return [option for option in known if option in chosen]
    text = str(value).strip() if isinstance(value, str | int) else ""
    if question.kind in ("number", "day"):
        bare = text.replace(",", "").replace(" ", "")
        return int(bare) if bare.isascii() and bare.isdecimal() and len(bare) < 12 else text[:40]
    if question.kind == "currency":
        return text.upper()[:10]
    # A little more than fits, so that it is told and not cut in silence.
    return text[: question.most + 1]


def _objection(question: Question, value: Any) -> str:
    if value in (None, "", []):
        return "Please answer this." if question.is_required else ""
    if question.kind in ("choice", "yes_no"):
        known = dict(question.options) or {"yes": "Yes", "no": "No"}
        return "" if value in known else "Choose one of these."
    if question.kind in ("number", "day"):
        most = 31 if question.kind == "day" else question.most
        return "" if isinstance(value, int) and 1 <= value <= most else f"Enter a whole number from 1 to {most:,}."
    if question.kind == "choices":
        return ""
    return _text_objection(question, str(value))


def _text_objection(question: Question, value: str) -> str:
    if question.kind == "email":
        return "" if is_email(value) else "Enter an e-mail address, such as you@company.com."
    if question.kind == "zone":
        return "" if zones.is_known(value) else "Choose a time zone from the list."
    if question.kind == "currency":
        return "" if value in CURRENCIES else "Enter a currency's three letters, such as USD or EUR."
    if len(value) > question.most:
        return f"Use at most {question.most:,} characters."
    lines = value.splitlines() if question.kind == "long_text" else [value]
    odd = any(unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") for line in lines for char in line)
    return "Use letters, figures and ordinary signs only." if odd else ""
