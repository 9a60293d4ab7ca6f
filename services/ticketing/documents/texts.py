"""Every word the documents add to a ticket's own, and how each language writes dates and prices."""

from datetime import datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from contracts.money import Money

Language = Literal["fr", "de", "it", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

NIGHT_ENDS_AT = 4  # a screening before this hour belongs, for its public, to the evening before

LABELS: dict[Language, dict[str, str]] = {
    "fr": {
        "single": "Billet",
        "pass": "Abonnement",
        "admits": "Valable pour une entrée",
        "pass_admits": "À présenter à chaque entrée",
        "code": "Code du billet",
        "room": "Salle",
        "holder": "Titulaire",
        "tariff": "Tarif",
        "price": "Prix",
        "free": "Gratuit",
        "order": "Commande",
        "sale_point": "Point de vente",
        "also": "Au programme\u00a0:",
        "fold": "Plier ici",
        "entry": "À l’entrée",
        "entry_text": "Présentez ce code, imprimé ou sur l’écran de votre téléphone à pleine "
        "luminosité. Il est personnel\u00a0: la première personne qui le présente entre. Ne le "
        "publiez pas et ne le photographiez pas pour d’autres.",
        "rules": "Conditions",
    },
    "de": {
        "single": "Ticket",
        "pass": "Abonnement",
        "admits": "Gültig für einen Eintritt",
        "pass_admits": "Bei jedem Eintritt vorweisen",
        "code": "Ticketcode",
        "room": "Saal",
        "holder": "Inhaber/in",
        "tariff": "Tarif",
        "price": "Preis",
        "free": "Gratis",
        "order": "Bestellung",
        "sale_point": "Verkaufsstelle",
        "also": "Im Programm:",
        "fold": "Hier falten",
        "entry": "Am Eingang",
        "entry_text": "Weisen Sie diesen Code ausgedruckt oder auf dem Telefon bei voller "
        "Bildschirmhelligkeit vor. Er ist persönlich: Wer ihn zuerst vorweist, tritt ein. "
        "Veröffentlichen Sie ihn nicht und fotografieren Sie ihn nicht für andere.",
        "rules": "Bedingungen",
    },
    "it": {
        "single": "Biglietto",
        "pass": "Abbonamento",
        "admits": "Valido per un ingresso",
        "pass_admits": "Da presentare a ogni ingresso",
        "code": "Codice del biglietto",
        "room": "Sala",
        "holder": "Titolare",
        "tariff": "Tariffa",
        "price": "Prezzo",
        "free": "Gratuito",
        "order": "Ordine",
        "sale_point": "Punto vendita",
        "also": "In programma:",
        "fold": "Piegare qui",
        "entry": "All’ingresso",
        "entry_text": "Presenti questo codice, stampato o sullo schermo del telefono alla massima "
        "luminosità. È personale: entra la prima persona che lo presenta. Non lo pubblichi e non "
        "lo fotografi per altri.",
        "rules": "Condizioni",
    },
    "en": {
        "single": "Ticket",
        "pass": "Pass",
        "admits": "Admits one, once",
        "pass_admits": "Show it at every entry",
        "code": "Ticket code",
        "room": "Room",
        "holder": "Holder",
        "tariff": "Tariff",
        "price": "Price",
        "free": "Free",
        "order": "Order",
        "sale_point": "Sale point",
        "also": "In this programme:",
        "fold": "Fold here",
        "entry": "At the entrance",
        "entry_text": "Show this code, on paper or on your phone with its screen at full "
        "brightness. It is personal: the first person who shows it gets in. Do not publish it, "
        "and do not take a picture of it for others.",
        "rules": "Conditions",
    },
}

_WEEKDAYS: dict[Language, list[str]] = {
    "fr": ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    "de": ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    "it": ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
_MONTHS: dict[Language, list[str]] = {
    "fr": [
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ],
    "de": [
        "Januar", "Februar", "März", "April", "Mai", "Juni",
        "Juli", "August", "September", "Oktober", "November", "Dezember",
    ],
    "it": [
        "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
        "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
    ],
    "en": [
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ],
}
_FIRST: dict[Language, str] = {"fr": "1er", "de": "1", "it": "1º", "en": "1"}
_DATE: dict[Language, str] = {
    "fr": "{weekday} {day} {month} {year}",
    "de": "{weekday}, {day}. {month} {year}",
    "it": "{weekday} {day} {month} {year}",
    "en": "{weekday} {day} {month} {year}",
}
_TIME: dict[Language, str] = {  # no-break spaces: a line never ends inside a time
    "fr": "{hour}\u00a0h\u00a0{minute}",
    "de": "{hour}.{minute}\u00a0Uhr",
    "it": "ore\u00a0{hour}.{minute}",
    "en": "{hour}:{minute}",
}
_NIGHT: dict[Language, str] = {
    "fr": "dans la nuit de {before} à {weekday}",
    "de": "in der Nacht von {before} auf {weekday}",
    "it": "nella notte tra {before} e {weekday}",
    "en": "in the night from {before} to {weekday}",
}


def date_text(moment: datetime, zone: str, language: Language) -> str:
    """`samedi 21 novembre 2026`, on the calendar of `zone`."""
    local = moment.astimezone(ZoneInfo(zone))
    return _DATE[language].format(
        weekday=_WEEKDAYS[language][local.weekday()],
        day=_FIRST[language] if local.day == 1 else local.day,
        month=_MONTHS[language][local.month - 1],
        year=local.year,
    )


def time_text(moment: datetime, zone: str, language: Language) -> str:
    """`20 h 30`, on the clock of `zone`."""
    local = moment.astimezone(ZoneInfo(zone))
    return _TIME[language].format(hour=local.hour, minute=f"{local.minute:02d}")


def night_text(moment: datetime, zone: str, language: Language) -> str | None:
    """`dans la nuit de samedi à dimanche` for what starts after midnight, else None."""
    local = moment.astimezone(ZoneInfo(zone))
    if local.hour >= NIGHT_ENDS_AT:
        return None
    weekdays = _WEEKDAYS[language]
    before = weekdays[(local - timedelta(days=1)).weekday()]
    return _NIGHT[language].format(before=before, weekday=weekdays[local.weekday()])


def price_text(price: Money, language: Language) -> str:
    """`CHF 1’250.00` as Switzerland writes it in every language; a word when nothing is due."""
    if not price:
        return LABELS[language]["free"]
    units, cents = divmod(abs(price.amount), 100)
    sign = "-" if price.amount < 0 else ""
    grouped = f"{units:,}".replace(",", "’")
    return f"{price.currency}\u00a0{sign}{grouped}.{cents:02d}"


_VAT: dict[Language, str] = {
    "fr": "TVA {rate}\u00a0% incluse\u00a0: {amount}",
    "de": "inkl. {rate}\u00a0% MWST: {amount}",
    "it": "IVA {rate}\u00a0% inclusa: {amount}",
    "en": "VAT {rate}\u00a0% included: {amount}",
}


def vat_text(rate_bp: int, amount: Money, language: Language) -> str | None:
    """`TVA 2.6 % incluse : CHF 0.38`; None for what bears no tax. Rate in basis points."""
    if not rate_bp:
        return None
    rate = f"{rate_bp / 100:.2f}".rstrip("0").rstrip(".")
    return _VAT[language].format(rate=rate, amount=price_text(amount, language))

# By language and kind: the subject, which the order's number follows, and the text.
MAILS: dict[str, dict[str, tuple[str, str]]] = {
    "fr": {
        "confirmation": ("vos billets, commande", "Merci pour votre achat. Votre commande {number} "
                         "de {amount} est payée; vos billets sont joints."),
        "refund": ("remboursement de la commande", "{amount} de votre commande {number} vous sont "
                   "remboursés."),
    },
    "de": {
        "confirmation": ("Ihre Tickets, Bestellung", "Danke für Ihren Einkauf. Ihre Bestellung "
                         "{number} über {amount} ist bezahlt; die Tickets liegen bei."),
        "refund": ("Rückerstattung der Bestellung", "{amount} Ihrer Bestellung {number} werden "
                   "Ihnen zurückerstattet."),
    },
    "it": {
        "confirmation": ("i suoi biglietti, ordine", "Grazie per il suo acquisto. Il suo ordine "
                         "{number} di {amount} è pagato; i biglietti sono allegati."),
        "refund": ("rimborso dell'ordine", "{amount} del suo ordine {number} le sono rimborsati."),
    },
    "en": {
        "confirmation": ("your tickets, order", "Thank you for your purchase. Your order {number} "
                         "of {amount} is paid; your tickets are attached."),
        "refund": ("refund of order", "{amount} of your order {number} are given back to you."),
    },
}
