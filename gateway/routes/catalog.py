"""Venues, programme, prices and imports."""

from contracts import catalog as say
from contracts.roles import Grant, Principal, Role
from gateway.endpoint import PUBLIC, Route

ADMIN = (Role.ADMIN,)
READERS: tuple[Grant, ...] = (
    Role.POS, Role.ACCRED, Role.ENTRY_CHECK, Role.ACCOUNTING, Principal.ESHOP,
)
PROGRAMME_CACHE_S = 15

PROGRAMME = (
    Route("GET", "/v1/programme", say.GetProgramme, PUBLIC, say.ProgrammePage,
          "What is on sale, for everybody", cache_s=PROGRAMME_CACHE_S),
    Route("GET", "/v1/productions", say.ListProductions, READERS, say.ProductionPage,
          "Productions, in the order in which they were created"),
    Route("POST", "/v1/productions", say.CreateProduction, ADMIN, say.ProductionView,
          "Create a production", status=201),
    Route("GET", "/v1/productions/{production_id}", say.GetProduction, READERS,
          say.ProductionView, "One production"),
    Route("PUT", "/v1/productions/{production_id}", say.UpdateProduction, ADMIN,
          say.ProductionView, "The whole new state of a production"),
)

SCREENINGS = (
    Route("GET", "/v1/screenings", say.ListScreenings, READERS, say.ScreeningPage,
          "Screenings, by start"),
    Route("POST", "/v1/screenings", say.CreateScreening, ADMIN, say.ScreeningView,
          "Create a screening, as a draft", status=201),
    Route("GET", "/v1/screenings/{screening_id}", say.GetScreening, READERS, say.ScreeningView,
          "One screening, with contingents and tariffs"),
    Route("PUT", "/v1/screenings/{screening_id}", say.UpdateScreening, ADMIN, say.ScreeningView,
          "The whole new general state of a screening"),
    Route("PUT", "/v1/screenings/{screening_id}/contingents", say.SetContingents, ADMIN,
          say.ScreeningView, "All contingents of a screening"),
    Route("PUT", "/v1/screenings/{screening_id}/tariffs", say.SetTariffs, ADMIN,
          say.ScreeningView, "All tariffs of a screening"),
    Route("POST", "/v1/screenings/{screening_ids}/price-grid", say.ApplyPriceGrid, ADMIN,
          say.PriceGridApplication, "Give a screening the tariffs of a grid, or show what changes"),
    Route("POST", "/v1/screenings/{screening_id}/publish", say.PublishScreening, ADMIN,
          say.ScreeningView, "Put a screening on sale"),
    Route("POST", "/v1/screenings/{screening_id}/cancel", say.CancelScreening, ADMIN,
          say.ScreeningView, "Cancel a screening, for good"),
)

PLACES = (
    Route("GET", "/v1/venues", say.ListVenues, READERS, say.VenuePage, "Venues, by name"),
    Route("POST", "/v1/venues", say.CreateVenue, ADMIN, say.VenueView,
          "Create a venue with its rooms", status=201),
    Route("GET", "/v1/venues/{venue_id}", say.GetVenue, READERS, say.VenueView, "One venue"),
    Route("PUT", "/v1/venues/{venue_id}", say.UpdateVenue, ADMIN, say.VenueView,
          "The whole new state of a venue"),
    Route("GET", "/v1/sections", say.ListSections, READERS, say.SectionPage, "Sections, by name"),
    Route("POST", "/v1/sections", say.CreateSection, ADMIN, say.SectionView,
          "Create a section of the programme", status=201),
    Route("PUT", "/v1/sections/{section_id}", say.UpdateSection, ADMIN, say.SectionView,
          "The whole new state of a section"),
)

PRICES = (
    Route("GET", "/v1/price-grids", say.ListPriceGrids, READERS, say.PriceGridPage,
          "Price grids, by name"),
    Route("POST", "/v1/price-grids", say.CreatePriceGrid, ADMIN, say.PriceGridView,
          "Create a price grid", status=201),
    Route("GET", "/v1/price-grids/{price_grid_id}", say.GetPriceGrid, READERS,
          say.PriceGridView, "One price grid"),
    Route("PUT", "/v1/price-grids/{price_grid_id}", say.UpdatePriceGrid, ADMIN,
          say.PriceGridView, "The whole new state of a price grid"),
    Route("POST", "/v1/price-grids/{price_grid_id}/applications", say.ApplyPriceGrid, ADMIN,
          say.PriceGridApplication, "Give many screenings the tariffs of a grid, all or none"),
    Route("GET", "/v1/ticket-types", say.ListTicketTypes, READERS, say.TicketTypePage,
          "Ticket types, by key"),
    Route("POST", "/v1/ticket-types", say.CreateTicketType, ADMIN, say.TicketTypeView,
          "Create a ticket type", status=201),
    Route("GET", "/v1/ticket-types/{ticket_type_id}", say.GetTicketType, READERS,
          say.TicketTypeView, "One ticket type"),
    Route("PUT", "/v1/ticket-types/{ticket_type_id}", say.UpdateTicketType, ADMIN,
          say.TicketTypeView, "The whole new state of a ticket type"),
    Route("GET", "/v1/vat-codes", say.ListVatCodes, READERS, say.VatCodePage,
          "VAT codes with their dated rates"),
    Route("PUT", "/v1/vat-codes/{key}", say.SetVatCode, ADMIN, say.VatCodeView,
          "Create a VAT code, or give it its whole new state"),
)

IMPORTS = (
    Route("GET", "/v1/imports", say.ListImports, ADMIN, say.ImportPage, "Imports, newest first"),
    Route("POST", "/v1/imports", say.UploadImport, ADMIN, say.ImportView,
          "Upload a programme and see what it would do; nothing is written yet",
          status=201, body="upload", timeout_s=120),
    Route("GET", "/v1/imports/{import_id}", say.GetImport, ADMIN, say.ImportView, "One import"),
    Route("GET", "/v1/imports/{import_id}/problems", say.ListImportProblems, ADMIN,
          say.ImportProblemPage, "What is wrong in the file, row by row"),
    Route("GET", "/v1/imports/{import_id}/changes", say.ListImportChanges, ADMIN,
          say.ImportChangePage, "What the file changes, record by record"),
    Route("POST", "/v1/imports/{import_id}/apply", say.ApplyImport, ADMIN, say.ImportView,
          "Write every row that can be written", timeout_s=120),
)

ROUTES = PROGRAMME + SCREENINGS + PLACES + PRICES + IMPORTS
