"""Names as people type them come out comparable, and nothing that identifies is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.normalise import domain_like, fold, variants


def cores(name: str, *aliases: str) -> list[str]:
    return [variant.core for variant in variants(name, aliases)]


@pytest.mark.parametrize(
    ("name", "core", "legal"),
    [
        ("The Acme Co., Ltd.", "acme", "ltd"),
        ("Acme Dental, P.C.", "acme dental", "pc"),
        ("Acme Dental PLLC", "acme dental", "pc"),
        ("ACME L.L.C.", "acme", "llc"),
        ("Acme Pty Ltd", "acme", "ltd"),
        ("Siemens Aktiengesellschaft", "siemens", "ag"),
        ("Müller & Söhne GmbH & Co. KG", "muller sohne", "gmbh_kg"),
        ("Boxes S.A. de C.V.", "boxes", "sa"),
        ("Philips B.V.", "philips", "bv"),
        ("A B SKF", "skf", "ab"),
        ("Volvo AB", "volvo", "ab"),
        ("OOO Ромашка", "ромашка", "ooo"),
        ("Smith's Int'l Svcs", "smiths international services", ""),
        ("J.P. Morgan", "jp morgan", ""),
        ("Inc.", "inc", ""),
        ("Pudełko Sp. z o.o. Sp. k.", "pudelko", "zoo"),
        ("Acme spol. s r.o.", "acme", "sro"),
        ("Nokia Oyj", "nokia", "oy"),
        ("Equinor ASA", "equinor", "as"),
        ("Hansen ApS", "hansen", "as"),
        ("Heineken N.V.", "heineken", "nv"),
        ("Toyota K.K.", "toyota", "kk"),
        ("Smith LLP", "smith", "llp"),
        ("BT P.L.C.", "bt", "plc"),
        ("Acme Lda", "acme", "ltd"),
        ("Acme AB (publ)", "acme", "ab"),
        ("PT. Acme Tbk", "acme", "ltd"),
        ("SIA Acme", "acme", "tiny"),
        ("Ελληνικά Πετρέλαια Α.Ε.", "ελληνικα πετρελαια", "sa"),
        ("株式会社トヨタ", "トヨタ", "kk"),
        ("㈱日立製作所", "日立製作所", "kk"),
        ("上海贝尔股份有限公司", "上海贝尔", "kk"),
        ("삼성전자 주식회사", "삼성전자", "kk"),
        ("有限公司", "有限公司", ""),
        ("شركة الاتصالات", "شركة الاتصالات", ""),
        ("Acme™ Ltd", "acme", "ltd"),
        ("ＡＣＭＥ　Ｃｏ", "acme", "co"),
        ("Acme Inc. c/o Smith Accountants", "acme", "inc"),
        ("Attn: Acme", "acme", ""),
        ("The The", "the the", ""),
    ],
)
def test_legal_form_and_spelling(name: str, core: str, legal: str) -> None:
    first = variants(name)[0]
    assert (first.core, first.legal) == (core, legal)


@pytest.mark.parametrize(
    "name",
    [
        "OLD - Acme Dental",
        "zz_Acme Dental",
        "ZZZ Acme Dental",
        "Acme Dental (inactive)",
        "***DO NOT USE*** Acme Dental",
        "Acme Dental - INACTIVE",
        "(OLD) Acme Dental",
        "Inactive: Acme Dental",
        "  acme\u00a0 Dental\u200b ",
    ],
)
def test_marks_left_on_records_fall_away(name: str) -> None:
    assert cores(name)[0] == "acme dental"


@pytest.mark.parametrize(
    "name", ["Old Navy", "Zz Top", "Test Kitchen", "Closed Loop Partners", "Oldham Group", "Xerox"]
)
def test_names_that_only_look_marked_stay(name: str) -> None:
    assert cores(name)[0] == name.lower()


def test_several_names_in_one_field() -> None:
    assert cores("PC of Illinois Store #1, LLC d/b/a Pollo Campero") == ["pc of illinois store 1", "pollo campero"]
    assert cores("Acme Dental - Oak Street")[:2] == ["acme dental oak street", "acme dental"]
    assert cores("Contoso (UK) Ltd") == ["contoso uk", "contoso"]
    assert cores("Fabrikam", "Litware Inc") == ["fabrikam", "litware"]


def test_generic_parts_are_no_alias() -> None:
    assert cores("Acme - Office") == ["acme office", "acme"]


def test_letters_of_another_alphabet_inside_a_latin_name() -> None:
    assert cores("Аcme Сorp") == ["acme"]  # the capitals are Cyrillic


def test_a_name_that_is_a_domain_reads_as_its_label() -> None:
    assert cores("acme-dental.co.uk") == ["acme dental"]
    assert domain_like("www.contoso.com") == "contoso.com"
    assert domain_like("Contoso Ltd.") == ""


def test_numbers_are_kept_without_leading_zeros() -> None:
    assert variants("Store #0042")[0].numbers == ("42",)


def test_signs_that_nobody_sees_are_no_letters() -> None:
    assert cores("Ac\u202eme\u200b Corp\x07") == ["acme"]


def test_letters_that_differ_by_more_than_an_accent_stay_apart() -> None:
    assert cores("ガンダム") != cores("カンタム")


def test_names_without_end_are_read_in_part() -> None:
    assert len(cores("x" * 10_000)[0]) <= 400
    assert len(cores("a1 - b2 - " * 1000, *(f"alias {k}" for k in range(1000)))) <= 16


@given(st.text(max_size=60))
def test_any_text_is_survived_and_is_stable(text: str) -> None:
    found = variants(text)
    assert len({variant.core for variant in found}) == len(found)
    assert all(variant.core and variant.tokens for variant in found)
    assert fold(fold(text)) == fold(text) or not text.isascii()
