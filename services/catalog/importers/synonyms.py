"""The names that columns and keys bear in festival programmes, by field and language."""

# Two readings of one name: the earlier field wins.
SYNONYMS: dict[str, dict[str, str]] = {
    "title": {
        "fr": "titre|titre du film|film|spectacle|oeuvre|evenement|intitule|nom|artiste|oeuvres",
        "de": "titel|filmtitel|stück|veranstaltung|künstler|filmname|programmpunkt",
        "it": "titolo|titolo del film|spettacolo|evento|nome|artista",
        "es": "titulo|pelicula|titulo de la pelicula|espectaculo|nombre",
        "nl": "titel van de film|voorstelling|naam|artiest",
        "en": "title|film title|movie|movie title|show|show name|event|event title|event name"
        "|session title|project title|name|artist|act|film name|movie name|session name"
        "|summary title|headline|performance title|film titel",
    },
    "original_title": {
        "fr": "titre original|titre vo",
        "de": "originaltitel",
        "it": "titolo originale",
        "es": "titulo original",
        "nl": "oorspronkelijke titel|originele titel",
        "en": "original title|title original|project title original language|title orig"
        "|orig title",
    },
    "start": {
        "fr": "debut|date heure|date et heure|seance",
        "de": "beginn|anfang|datum uhrzeit|vorstellung|von",
        "it": "inizio|data ora|data e ora|proiezione",
        "es": "inicio|comienzo|fecha y hora|fecha hora",
        "nl": "aanvang|begin|datum en tijd",
        "en": "start|starts at|datetime|date time|showtime|dtstart|starts|begin|begins|begins at"
        "|start date time|start datetime|timestamp|when|from|date start|showing at|start at",
    },
    "date": {
        "fr": "jour|date de debut|date de la seance",
        "de": "datum|tag|startdatum",
        "it": "data|giorno|data di inizio",
        "es": "fecha|dia|fecha de inicio",
        "nl": "dag|startdatum",
        "en": "date|day|start date|weekday|date iso|local date|event date|screening date",
    },
    "time": {
        "fr": "heure|horaire|horaires|heure de debut|h",
        "de": "uhrzeit|zeit|startzeit|anfangszeit",
        "it": "ora|orario|ora di inizio",
        "es": "hora|horario|hora de inicio",
        "nl": "tijd|tijdstip|begintijd|starttijd",
        "en": "time|hour|start time|show start time|times|starttime|local time|hours",
    },
    "end": {
        "fr": "fin|heure de fin|date heure fin",
        "de": "ende|endzeit|bis|bis uhr",
        "it": "fine|ora di fine",
        "es": "fin|hora de fin|final",
        "nl": "einde|eind|eindtijd|tot",
        "en": "end|stop|ends at|end time|dtend|finish|ends|until|to|end date time|end datetime"
        "|end at|finish time|date end",
    },
    "end_date": {
        "fr": "date de fin",
        "de": "enddatum",
        "it": "data di fine",
        "es": "fecha de fin",
        "nl": "einddatum",
        "en": "end date",
    },
    "showings": {
        "fr": "seances|dates",
        "de": "termine|spielzeiten|vorstellungen",
        "it": "proiezioni",
        "es": "funciones|pases|sesiones",
        "nl": "voorstellingen|speeldata|vertoningen",
        "en": "schedule|performances|showtimes|screenings",
    },
    "duration": {
        "fr": "duree|minutes",
        "de": "dauer|laufzeit|länge|spieldauer|minuten",
        "it": "durata|minuti",
        "es": "duracion|minutos",
        "nl": "duur|speelduur|looptijd",
        "en": "duration|length|runtime|running time|duration minutes|runtime min|mins"
        "|length minutes",
    },
    "venue": {
        "fr": "lieu|cinema|theatre",
        "de": "ort|kino|spielort|spielstätte|theater|veranstaltungsort",
        "it": "luogo|teatro|sede",
        "es": "lugar|cine|sede del evento|recinto",
        "nl": "locatie|plaats|bioscoop|zaal locatie",
        "en": "venue|venue name|location|cinema name|theatre name|theater name|venue title|place"
        "|place name|place title|location name|cinema|theatre|theater|site|where|venue label",
    },
    "room": {
        "fr": "salle|scene",
        "de": "saal|raum|bühne",
        "it": "sala|palco",
        "es": "escenario|sala de cine",
        "nl": "zaal|podium|ruimte",
        "en": "room|screen|screen name|hall|stage|auditorium|space|space name|auditorium name"
        "|hall name|stage name|room name|screen number",
    },
    "section": {
        "fr": "section|categorie|programme|selection|genre",
        "de": "sektion|reihe|rubrik|kategorie|programm|wettbewerb",
        "it": "sezione|categoria|programma|concorso|genere",
        "es": "seccion|ciclo",
        "nl": "sectie|rubriek|programmaonderdeel",
        "en": "category|categories|track|program|strand|competition|series|event series"
        "|strand name|tags|badges|keywords|genres|season|seasons|season name|sections|tracks|genre",
    },
    "type": {
        "de": "art|typ",
        "it": "tipo",
        "es": "tipo|formato",
        "nl": "soort",
        "en": "type|event type|format",
    },
    "language": {
        "fr": "langue|langues|langue originale",
        "de": "sprache|originalsprache",
        "it": "lingua|lingua originale",
        "es": "idioma|idiomas|lengua",
        "nl": "taal|gesproken taal",
        "en": "language|audio|spoken language|original language|originlang|languages"
        "|spoken languages|in language",
    },
    "version": {
        "fr": "vo vf",
        "de": "fassung|sprachfassung",
        "it": "versione",
        "es": "version idioma",
        "nl": "versie",
        "en": "version",
    },
    "subtitles": {
        "fr": "sous titres|sous titrage|st",
        "de": "untertitel|ut",
        "it": "sottotitoli",
        "es": "subtitulos",
        "nl": "ondertiteling|ondertitels",
        "en": "subtitles|subtitle|subtitle language|subtitle languages",
    },
    "age": {
        "fr": "age min|age legal|interdiction|public",
        "de": "alter|altersfreigabe|mindestalter|fsk|freigabe",
        "it": "eta|eta minima",
        "es": "edad|edad minima|calificacion",
        "nl": "leeftijd|kijkwijzer|minimumleeftijd",
        "en": "age|rating|certificate|age rating|classification|minimum age|min age|age limit",
    },
    "description": {
        "fr": "resume|texte",
        "de": "beschreibung|inhalt|inhaltsangabe",
        "it": "descrizione|sinossi|trama|testo",
        "es": "descripcion|sinopsis|resumen",
        "nl": "beschrijving|omschrijving|inhoud",
        "en": "description|synopsis|summary|abstract|overview|blurb|text|long description|desc"
        "|body|content",
    },
    "short_description": {
        "fr": "accroche|chapeau|chapo|pitch",
        "de": "kurzbeschreibung|kurzinhalt",
        "it": "descrizione breve",
        "es": "descripcion corta",
        "nl": "korte beschrijving",
        "en": "short description|tagline|teaser|logline",
    },
    "note": {
        "fr": "mention|remarque|invites",
        "de": "bemerkung|hinweis|gäste",
        "it": "nota|osservazioni|ospiti",
        "es": "observaciones|invitados",
        "nl": "opmerking|opmerkingen|gasten",
        "en": "note|notes|info|guests|premiere",
    },
    "poster": {
        "fr": "affiche|visuel|vignette|affiche url",
        "de": "plakat|bild|filmplakat",
        "it": "locandina|immagine",
        "es": "cartel|imagen|afiche",
        "nl": "afbeelding|filmposter",
        "en": "poster|poster url|image|image url|photo|thumbnail|img|picture|poster image|cover",
    },
    "trailer": {
        "fr": "bande annonce",
        "es": "avance",
        "en": "trailer|trailer url|video",
    },
    "url": {
        "fr": "lien|site web|lien billetterie|page",
        "de": "webseite|ticketlink",
        "it": "sito|sito web",
        "es": "enlace|sitio web|pagina",
        "nl": "website van de film|koppeling",
        "en": "url|link|website|event url|ticket url|url to event details|permalink|href"
        "|booking url|tickets url|url tickets|info url|web",
    },
    "tariff": {
        "fr": "prix|tarif|tarifs",
        "de": "preis|preise|eintritt|eintrittspreis",
        "it": "prezzo|prezzi",
        "es": "precio|precios|entrada",
        "nl": "prijs|prijzen|toegang",
        "en": "price|prices|cost|admission",
    },
    "ref": {
        "fr": "reference|identifiant|numero|no seance|code seance|id seance",
        "de": "nr|nummer|kennung|vorstellungsnr",
        "it": "codice",
        "es": "codigo|identificador",
        "nl": "identificatie|kenmerk",
        "en": "id|uid|guid|code|ref|event id|session id|screening id|screening code"
        "|tracking number|uuid|index|key|showing id|performance id|show id|session code|slot id"
        "|timing id",
    },
    "production_ref": {
        "fr": "id film",
        "de": "filmnr|filmcode",
        "it": "id del film",
        "es": "id pelicula",
        "nl": "film nummer",
        "en": "film id|movie id|work id|production id|film code|movie code|film ref|work code"
        "|production code|film uuid",
    },
    "venue_ref": {
        "fr": "id lieu",
        "de": "spielort id",
        "it": "id luogo",
        "es": "id lugar|id sala",
        "nl": "locatie id|zaal id",
        "en": "venue id|theatre id|theater id|cinema id|room id|place id|location id|screen id"
        "|hall id|stage id|auditorium id|venue code|screen code|room code|cinema code"
        "|location code|venue ref",
    },
    "directors": {
        "fr": "realisateur|realisatrice|realisation|de",
        "de": "regisseur|regisseurin",
        "it": "regista|diretto da|regista e sceneggiatura",
        "es": "direccion|realizador|director a|dirigida por",
        "nl": "regisseurs",
        "en": "director|directors|regie|regia|directed by",
    },
    "people": {
        "fr": "interpretes|distribution|avec|compagnie|intervenants|acteurs|acteurs principaux"
        "|artistes",
        "de": "besetzung|mit|kompanie|referenten",
        "it": "interpreti|compagnia|relatori",
        "es": "reparto|interpretes principales|ponentes",
        "nl": "acteurs|sprekers|met",
        "en": "cast|speakers|speaker|company|performer|performers|actors|starring|persons|people"
        "|artists|talent|guests list",
    },
    "country": {
        "fr": "pays",
        "de": "land|länder",
        "it": "paese|paesi",
        "es": "pais|paises",
        "nl": "landen|land van herkomst",
        "en": "country|countries|country of origin",
    },
    "year": {
        "fr": "annee|annee de production",
        "de": "jahr|produktionsjahr",
        "it": "anno",
        "es": "ano|ano de produccion",
        "nl": "jaartal|productiejaar",
        "en": "year|production year|release year",
    },
    "status": {
        "fr": "statut|etat|annule",
        "de": "abgesagt",
        "it": "stato|annullato",
        "es": "estado|cancelado|anulado",
        "nl": "afgelast|geannuleerd",
        "en": "status|cancelled|canceled|is cancelled|is canceled|event status",
    },
}
LANGUAGES = {
    word: code
    for code, words in {
        "fr": "fr francais french franzosisch francese frances frans",
        "de": "de deutsch german allemand tedesco aleman duits",
        "it": "it italiano italian italienisch italien italiaans",
        "es": "es espanol castellano spanish spanisch espagnol spagnolo spaans",
        "nl": "nl nederlands dutch niederlandisch neerlandais olandese",
        "en": "en eng english englisch anglais inglese ingles engels",
    }.items()
    for word in words.split()
}
