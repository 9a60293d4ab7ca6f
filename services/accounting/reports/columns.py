"""The columns of the statements, headed in four languages."""

from services.accounting.reports.table import Column, ColumnKind, Language

Heads = tuple[tuple[str, ColumnKind, str, str, str, str], ...]
LANGUAGES: tuple[Language, ...] = ("fr", "de", "it", "en")

# key, kind, French, German, Italian, English
SALES_COLUMNS: Heads = (
    ("receipt_number", "integer", "Quittance", "Beleg", "Ricevuta", "Receipt"),
    ("order_number", "integer", "Commande", "Bestellung", "Ordine", "Order"),
    ("line_number", "integer", "Ligne", "Zeile", "Riga", "Line"),
    ("sold_at", "datetime", "Vendu le", "Verkauft am", "Venduto il", "Sold at"),
    ("business_day", "date", "Jour comptable", "Geschäftstag", "Giorno contabile",
     "Business day"),
    ("sale_point", "text", "Point de vente", "Verkaufsstelle", "Punto vendita", "Sale point"),
    ("register", "text", "Caisse", "Kasse", "Cassa", "Register"),
    ("register_session_id", "text", "Session", "Sitzung", "Sessione", "Session"),
    ("z_number", "integer", "Z n°", "Z Nr.", "Z n.", "Z no."),
    ("cashier", "text", "Caissier/ère", "Kasse bedient von", "Cassiere/a", "Cashier"),
    ("channel", "text", "Canal", "Kanal", "Canale", "Channel"),
    ("kind", "text", "Genre", "Art", "Genere", "Kind"),
    ("label", "text", "Libellé", "Bezeichnung", "Descrizione", "Label"),
    ("screening", "text", "Séance", "Vorstellung", "Proiezione", "Screening"),
    ("starts_at", "datetime", "Début", "Beginn", "Inizio", "Starts at"),
    ("venue", "text", "Lieu", "Ort", "Luogo", "Venue"),
    ("room", "text", "Salle", "Saal", "Sala", "Room"),
    ("contingent", "text", "Contingent", "Kontingent", "Contingente", "Contingent"),
    ("overbooked", "text", "Surbooking", "Überbucht", "Overbooking", "Overbooked"),
    ("tariff", "text", "Tarif", "Tarif", "Tariffa", "Tariff"),
    ("quantity", "integer", "Quantité", "Menge", "Quantità", "Quantity"),
    ("unit_price", "money", "Prix unitaire", "Einzelpreis", "Prezzo unitario", "Unit price"),
    ("gross", "money", "Brut", "Brutto", "Lordo", "Gross"),
    ("vat_code", "text", "Code TVA", "MWST-Code", "Codice IVA", "VAT code"),
    ("vat_rate", "text", "Taux TVA %", "MWST-Satz %", "Aliquota IVA %", "VAT rate %"),
    ("vat", "money", "TVA", "MWST", "IVA", "VAT"),
    ("net", "money", "Net", "Netto", "Netto", "Net"),
    ("tenders", "text", "Paiement", "Zahlung", "Pagamento", "Tenders"),
    ("ticket_ids", "text", "Billets", "Tickets", "Biglietti", "Tickets"),
    ("refund_of", "text", "Annule", "Storniert", "Annulla", "Refund of"),
    ("late", "text", "Tardif", "Verspätet", "Tardivo", "Late"),
    ("sale_id", "text", "Vente", "Verkauf", "Vendita", "Sale"),
)

WALLET_COLUMNS: Heads = (
    ("movement_id", "text", "Mouvement", "Bewegung", "Movimento", "Movement"),
    ("at", "datetime", "Date", "Datum", "Data", "Date"),
    ("business_day", "date", "Jour comptable", "Geschäftstag", "Giorno contabile",
     "Business day"),
    ("wallet_id", "text", "Porte-monnaie", "Wallet", "Portamonete", "Wallet"),
    ("label", "text", "Libellé", "Bezeichnung", "Descrizione", "Label"),
    ("paid", "money", "Avoir payé", "Bezahltes Guthaben", "Credito pagato", "Paid credit"),
    ("gifted", "money", "Avoir offert", "Geschenktes Guthaben", "Credito regalato",
     "Gifted credit"),
)

JOURNAL_COLUMNS: Heads = (
    ("booked_on", "date", "Jour comptable", "Geschäftstag", "Giorno contabile", "Business day"),
    ("at", "datetime", "Date", "Datum", "Data", "Date"),
    ("document", "text", "Pièce", "Beleg", "Documento", "Document"),
    ("label", "text", "Libellé", "Text", "Descrizione", "Label"),
    ("account", "text", "Compte", "Konto", "Conto", "Account"),
    ("account_name", "text", "Intitulé", "Kontobezeichnung", "Denominazione", "Account name"),
    ("debit", "money", "Débit", "Soll", "Dare", "Debit"),
    ("credit", "money", "Crédit", "Haben", "Avere", "Credit"),
    ("vat_code", "text", "Code TVA", "MWST-Code", "Codice IVA", "VAT code"),
    ("sale_point", "text", "Point de vente", "Verkaufsstelle", "Punto vendita", "Sale point"),
    ("register", "text", "Caisse", "Kasse", "Cassa", "Register"),
    ("source", "text", "Message", "Nachricht", "Messaggio", "Message"),
    ("source_id", "text", "Fait", "Vorgang", "Fatto", "Fact"),
    ("entry_id", "text", "Écriture", "Buchung", "Registrazione", "Entry"),
)


def columns(heads: Heads, language: Language) -> list[Column]:
    place = 2 + LANGUAGES.index(language)
    return [Column(head[0], str(head[place]), head[1]) for head in heads]
