"""Kinds of data as Have I Been Pwned names them: a long list that still grows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from alertd.core.model import DataType

_CLASSES: Final = """
name : mothers maiden names|names|nicknames|salutations
email : email addresses|recovery email addresses
phone : imsi numbers|partial phone numbers|phone numbers
postal-address : physical addresses
date-of-birth : age groups|ages|dates of birth|partial dates of birth|years of birth
demographics : astrological signs|car ownership statuses|citizenship statuses|clothing sizes
demographics : deceased date|deceased statuses|drink habits|drinking habits|drug habits
demographics : eating habits|fitness levels|genders|home ownership statuses|languages
demographics : living costs|nationalities|physical attributes|places of birth|smoking habits
demographics : spoken languages|tattoo status
password : historical passwords|pins|password hints|password strengths|passwords
password : passwords history|encrypted passwords
credentials-other : auth tokens|instant messenger identities|login histories|usernames
credentials-other : security questions and answers
national-id : national ids|social security numbers
tax-id : taxation records
identity-document : drivers licenses|government ids|government issued ids|licence plates
identity-document : partial government issued ids|passport numbers
identity-document : vehicle identification numbers|vehicle identification numbers (vins)
payment-card : credit card cvv|credit card details|credit cards|partial credit card data
bank-account : bank account numbers
financial-other : account balances|charitable donations|credit status information
financial-other : cryptocurrency wallet addresses|financial investments|financial transactions
financial-other : income levels|loan information|net worths|payment histories|payment methods
financial-other : reward program balances|utility bills
health : appointments|hiv statuses|personal health data
health-insurance : health insurance information
biometric : biometric data
location : flights taken|geographic locations|time zones|travel habits|travel plans
device-ip : apps installed on devices|browser user agent details|browsers|cellular network names
device-ip : device information|device serial numbers|device usage tracking data|imei numbers
device-ip : ip addresses|mac addresses|telecommunications carrier
employment : career levels|company names|employers|employment statuses|job applications
employment : job titles|occupations|professional skills|work habits
employment : years of professional experience
education : education levels|school grades (class levels)
communications : ai prompts|audio recordings|chat logs|comments|customer feedback
communications : customer interactions|customer support tickets|email messages
communications : private messages|sms messages|support tickets
family : family members names|family structure|marital statuses|parenting plans
family : relationship statuses|spouses details|spouses names
special-category : ethnicities|political donations|political views|races|religions
special-category : sexual fetishes|sexual orientations|sexual preferences
profile-activity : address book contacts|avatars|beauty ratings|bios|browsing histories
profile-activity : buying preferences|delivery instructions|homepage urls
profile-activity : loyalty program details|personal descriptions|personal interests|photos
profile-activity : profile photos|purchases|purchasing habits|social connections
profile-activity : social media profiles|survey results|user statuses|user website urls
profile-activity : vehicle details|warranty claims|website activity
source-code-secrets : encrypted keys|mnemonic phrases
"""
"""The classes that were seen, folded; the reference is data-types.md, "Mapping"."""

_SIGNS: Final = tuple(
    (DataType(code), re.compile(rf"\b(?:{words})"))
    for code, words in (
        ("health-insurance", "(?:health|medical) insurance|medicare|medicaid"),
        ("national-id", "social (?:security|insurance)|national (?:id|insurance)|ssn|nir\\b"),
        ("tax-id", "tax"),
        (
            "identity-document",
            "passport|driv(?:er|ing)|identity (?:card|document)|visa\\b|licen[cs]e",
        ),
        ("payment-card", "(?:credit|debit|payment|bank) card|card (?:number|expir)|cvv"),
        ("bank-account", "bank|iban\\b"),
        ("genetic", "genetic|dna\\b"),
        ("biometric", "biometric|fingerprint|face |voice ?print"),
        ("health", "health|medical|diagnos|medication|prescription"),
        ("special-category", "sexual|religio|ethnic|political|criminal"),
        ("minors", "child|minor"),
        ("password", "password|passcode"),
        ("email", "e ?mail address"),
        ("phone", "(?:tele)?phone"),
        ("postal-address", "(?:home|postal|street|shipping|billing|delivery) address"),
        ("date-of-birth", "date of birth|birth ?da"),
    )
)
"""What a class that was never seen before is about, the narrower before the wider."""


def data_types(classes: Iterable[str]) -> frozenset[DataType]:
    """The kinds of data of HIBP's classes; one that tells nothing known gives none."""
    found = (_kind(" ".join(name.replace("'", "").replace("’", "").split())) for name in classes)
    return frozenset(kind for kind in found if kind is not None)


def _kind(name: str) -> DataType | None:
    folded = name.casefold()
    known = _table().get(folded)
    if known is not None:
        return known
    return next((kind for kind, sign in _SIGNS if sign.search(folded)), None)


@cache
def _table() -> Mapping[str, DataType]:
    rows = (line.split(" : ") for line in _CLASSES.split("\n") if line)
    return {name: DataType(code) for code, names in rows for name in names.split("|")}
