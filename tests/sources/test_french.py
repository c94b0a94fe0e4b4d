"""FrenchBreaches: what the list states beside the text."""

import pytest

from alertd.core.model import DataType, Status
from alertd.sources import catalogue
from alertd.sources.french import data_types
from alertd.sources.markup import strip_markdown
from tests.sources.samples import reply_with, rss

SOURCE = catalogue()["frenchbreaches"]


def status_of(description: str) -> Status | None:
    body = rss(f"<title>SFR</title><guid>1</guid><description>{description}</description>")
    (report,) = SOURCE.parse(reply_with(body, SOURCE), SOURCE)
    return report.status


@pytest.mark.parametrize(
    ("wording", "codes"),
    [
        ("adresse", "postal-address"),
        ("adresse postale complète", "postal-address"),
        ("adresse email", "email"),
        ("adresses e-mail professionnelles", "email"),
        ("adresses IPv4", "device-ip"),
        ("préfixes IPv6", "device-ip"),
        ("nom, prénom", "name"),
        ("nom d’utilisateur", "credentials-other"),
        ("nom de l’établissement", ""),
        ("nom du client ou de l’établissement", "name"),
        ("numéro de Sécurité sociale", "national-id"),
        ("NIR", "national-id"),
        ("numéros de téléphone portable", "phone"),
        ("IBAN", "bank-account"),
        ("coordonnées bancaires (RIB)", "bank-account"),
        ("carte bancaire", "payment-card"),
        ("carte de fidélité", ""),
        ("carte nationale d'identité", "identity-document"),
        ("identifiant client", ""),
        ("identifiants de connexion", "credentials-other password"),
        ("mot de passe haché", "password"),
        ("aucun mot de passe", ""),
        ("mots de passe (non concernés)", ""),
        ("date et lieu de naissance", "date-of-birth demographics"),
        ("date de naissance", "date-of-birth"),
        ("données de santé", "health"),
        ("mutuelle", "health-insurance"),
        ("organisme complémentaire santé", "health-insurance"),
        ("situation familiale", "family"),
        ("type d'offre souscrite", "profile-activity"),
        ("note privée", ""),
        ("", ""),
    ],
)
def test_french_wordings_name_kinds_of_data(wording: str, codes: str) -> None:
    assert data_types((wording,)) == {DataType(code) for code in codes.split()}


def test_a_headline_with_a_claim_is_claimed_unless_an_update_may_know_better() -> None:
    assert status_of("# Données de SFR revendiquées par un pirate\n\ntexte") is Status.CLAIMED
    assert status_of("# Fuite REVENDIQUÉE\n## Mise à jour le 20 août\nSFR confirme") is None
    assert status_of("# Fuite de données chez SFR\n\nUn pirate revendique") is None
    assert status_of("Fuite revendiquée") is None


def test_markdown_loses_its_marks_and_keeps_its_words() -> None:
    written = (
        "# Fuite\n> **SFR** informe *aussi* de `tout`\n---\n- [le site](https://x.org/a)\n"
        "![image](https://x.org/i.png)3 * 4 * 5 et nom_de_champ_x"
    )
    kept = "Fuite\nSFR informe aussi de tout\n\nle site\n3 * 4 * 5 et nom_de_champ_x"
    assert strip_markdown(written) == kept
