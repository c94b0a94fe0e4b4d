"""Kinds of data as French lists of breaches name them."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from alertd.core.model import DataType

_WORDINGS: Final = r"""
- : noms? (?:de (?:la |l )?|du |des |d )?(?:etablissements?|entreprises?|societes?|organismes?)
- : raisons? sociales?|siret|siren|identifiants? (?:clients?|internes?)|cartes? de fidelite
- : (?:numeros?|references?) (?:de )?clients?
credentials-other password : identifiants? de connexion
password : mots? de passe|mdp|codes? pin|hash(?:es|s)?
credentials-other : noms? d utilisateurs?|pseudos?|pseudonymes?|logins?|identifiants?
credentials-other : jetons?|questions? secretes?
device-ip : (?:adresses? |prefixes? )?ip ?(?:v[46])?|adresses? mac|appareils?|user agents?|imei
email : (?:adresses? )?(?:e ?mails?|mails?|courriels?)|adresses? electroniques?
national-id : (?:numeros? (?:de )?)?securite sociale|nir|nss|numeros? national
tax-id : numeros? fisca(?:l|ux)|avis d imposition|donnees fiscales
identity-document : passeports?|permis de conduire|cartes? (?:nationales? )?d identite|cni
identity-document : (?:pieces?|documents?|titres?) d identite|titres? de sejour
identity-document : (?:plaques? d )?immatriculations?
payment-card : cartes? (?:bancaires?|bleues?|de credit|de paiement)|cvv|cryptogrammes?
bank-account : ibans?|ribs?|(?:coordonnees|comptes?|donnees|informations?) bancaires?
health-insurance : mutuelles?|complementaires? sante|assurances? (?:maladie|sante)
health-insurance : tiers payant|organismes? complementaires?|cartes? vitale
health : (?:donnees|informations?) (?:de sante|medicales?)|dossiers? medica(?:l|ux)
health : diagnostics?|ordonnances?|traitements? medica(?:l|ux)|antecedents? medicaux
health : pathologies?|certificats? medica(?:l|ux)|groupes? sanguins?|handicaps?|sante
genetic : (?:donnees )?genetiques?|adn
biometric : (?:donnees )?biometriques?|empreintes? digitales?
date-of-birth demographics : dates? et lieux? de naissance
date-of-birth : (?:dates?|annees?) de naissance|ages?
demographics : (?:lieux?|villes?|pays) de naissance|sexes?|genres?|nationalites?|langues?
family : situations? (?:familiales?|matrimoniales?|maritales?)|conjoints?|ayants? droits?
family : nombre d enfants|contacts? d urgence
location : (?:geo)?localisations?|coordonnees gps|gps|villes?
phone : (?:numeros? de )?(?:telephones?|portables?|mobiles?)
postal-address : adresses?|domiciles?|codes? posta(?:l|ux)
financial-other : revenus?|salaires?|remunerations?|quotients? familia(?:l|ux)|soldes?
financial-other : donnees financieres?|factures?|facturation|transactions?
financial-other : moyens? de paiement|historiques? de paiements?
education : (?:etablissements?|bulletins?|notes?) scolaires?|scolarites?|diplomes?|ine
employment : employeurs?|professions?|metiers?|emplois?|cv|curriculum(?: vitae)?
employment : postes? occupes?|lettres? de motivation|contrats? de travail
communications : messages?(?: prives?)?|conversations?|correspondances?|tickets?|sms
special-category : orientations? sexuelles?|religions?|origines? ethniques?
special-category : opinions? politiques?|syndica(?:l|les?|ux)|casiers? judiciaires?
minors : mineurs?|eleves?
profile-activity : (?:historiques? (?:de |d )?)?(?:commandes?|achats?)|photos?|avatars?
profile-activity : abonnements?|offres?(?: souscrites?)?|centres? d interets?|reseaux sociaux
business-records : documents? (?:internes?|confidentiels?)|contrats?|fichiers? clients?|devis
source-code-secrets : codes? sources?|cles? (?:api|privees?|ssh)
name : noms?|prenoms?|civilites?|identites?
"""
"""Folded wordings, the narrower before the wider: what one has read the next cannot.

A dash stands for what is no personal data.
"""

_DENIED: Final = re.compile(r"\b(?:aucune?s?|sauf|hors|non concerne\w*|pas)\b")


def data_types(wordings: tuple[str, ...]) -> frozenset[DataType]:
    """The kinds of data that French wordings name; what is denied or unknown gives none."""
    return frozenset(kind for words in wordings for kind in _read(fold(words)))


def fold(text: str) -> str:
    """Lower case without accents; punctuation as single spaces."""
    text = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    kept = (char if char.isalnum() else " " for char in text if not unicodedata.combining(char))
    return " ".join("".join(kept).split())


def _read(words: str) -> set[DataType]:
    if _DENIED.search(words):
        return set()
    found: set[DataType] = set()
    for pattern, types in _table():
        words, hits = pattern.subn(" | ", words)
        if hits:
            found.update(types)
    return found


@cache
def _table() -> tuple[tuple[re.Pattern[str], tuple[DataType, ...]], ...]:
    rows = (line.split(" : ") for line in _WORDINGS.split("\n") if line)
    return tuple(
        (
            re.compile(rf"\b(?:{words})\b"),
            tuple(DataType(code) for code in codes.split() if code != "-"),
        )
        for codes, words in rows
    )
