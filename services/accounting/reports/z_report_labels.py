"""Every word of a Z report in the four languages."""

from services.accounting.reports.table import Language

# key: French, German, Italian, English
_WORDS: dict[str, tuple[str, str, str, str]] = {
    "title": ("Clôture de caisse", "Kassenabschluss", "Chiusura di cassa", "Register closing"),
    "z": ("Z n°", "Z Nr.", "Z n.", "Z no."),
    "register": ("Caisse", "Kasse", "Cassa", "Register"),
    "sale_point": ("Point de vente", "Verkaufsstelle", "Punto vendita", "Sale point"),
    "opened": ("Ouverte", "Geöffnet", "Aperta", "Opened"),
    "closed": ("Fermée", "Geschlossen", "Chiusa", "Closed"),
    "by": ("par", "von", "da", "by"),
    "not_counted": (
        "NON COMPTÉE: clôture automatique",
        "NICHT GEZÄHLT: automatischer Abschluss",
        "NON CONTATA: chiusura automatica",
        "NOT COUNTED: closed automatically",
    ),
    "empty": ("Session sans vente", "Sitzung ohne Verkauf", "Sessione senza vendite", "No sale"),
    "tenders": ("Moyens de paiement", "Zahlungsmittel", "Mezzi di pagamento", "Tenders"),
    "expected": ("Attendu", "Soll", "Atteso", "Expected"),
    "counted": ("Compté", "Gezählt", "Contato", "Counted"),
    "difference": ("Différence", "Differenz", "Differenza", "Difference"),
    "reason": ("Motif", "Grund", "Motivo", "Reason"),
    "revenue": ("Chiffre d’affaires et TVA", "Umsatz und MWST", "Ricavi e IVA", "Revenue and VAT"),
    "code": ("Code TVA", "MWST-Code", "Codice IVA", "VAT code"),
    "rate": ("Taux", "Satz", "Aliquota", "Rate"),
    "gross": ("Brut", "Brutto", "Lordo", "Gross"),
    "net": ("Net", "Netto", "Netto", "Net"),
    "vat": ("TVA", "MWST", "IVA", "VAT"),
    "total": ("Total", "Total", "Totale", "Total"),
    "operations": (
        "Opérations de fond de caisse", "Kassenbewegungen", "Operazioni di cassa",
        "Float operations",
    ),
    "opening_float": (
        "Fond à l’ouverture", "Anfangsbestand", "Fondo all’apertura", "Opening float",
    ),
    "sales_count": ("Ventes", "Verkäufe", "Vendite", "Sales"),
    "receipts": ("Quittances", "Belege", "Ricevute", "Receipts"),
    "grand_total": (
        "Grand total perpétuel", "Fortlaufender Gesamtumsatz", "Totale generale perpetuo",
        "Perpetual grand total",
    ),
    "previous_hash": (
        "Empreinte précédente", "Vorheriger Hash", "Impronta precedente", "Previous hash",
    ),
    "hash": ("Empreinte", "Hash", "Impronta", "Hash"),
    "first_z": ("premier Z de la caisse", "erstes Z der Kasse", "primo Z della cassa", "first Z"),
    "cashier": ("Signature caissier/ère", "Unterschrift Kasse", "Firma cassiere/a", "Cashier"),
    "controller": ("Signature contrôle", "Unterschrift Kontrolle", "Firma controllo", "Checked by"),
    "tender_cash": ("Espèces", "Bargeld", "Contanti", "Cash"),
    "tender_card": ("Carte", "Karte", "Carta", "Card"),
    "tender_twint": ("TWINT", "TWINT", "TWINT", "TWINT"),
    "tender_online": ("En ligne", "Online", "Online", "Online"),
    "tender_invoice": ("Facture", "Rechnung", "Fattura", "Invoice"),
    "tender_wallet": ("Porte-monnaie", "Wallet", "Portamonete", "Wallet"),
    "tender_voucher": ("Bon", "Gutschein", "Buono", "Voucher"),
    "tender_free": ("Gratuit", "Gratis", "Gratuito", "Free"),
    "operation_credit": ("Crédit", "Einlage", "Credito", "Credit"),
    "operation_debit": ("Débit", "Entnahme", "Debito", "Debit"),
    "operation_credit_error": (
        "Erreur de crédit", "Einlagefehler", "Errore di credito", "Credit error",
    ),
    "operation_debit_error": (
        "Erreur de débit", "Entnahmefehler", "Errore di debito", "Debit error",
    ),
}

LABELS: dict[Language, dict[str, str]] = {
    "fr": {key: words[0] for key, words in _WORDS.items()},
    "de": {key: words[1] for key, words in _WORDS.items()},
    "it": {key: words[2] for key, words in _WORDS.items()},
    "en": {key: words[3] for key, words in _WORDS.items()},
}
