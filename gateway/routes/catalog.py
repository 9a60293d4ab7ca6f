"""Venues, programme, prices and imports."""

from contracts import catalog as say
from contracts.roles import Grant, Principal, Role
from gateway.endpoint import PUBLIC, Document, Route

ADMIN = (Role.ADMIN,)
READERS: tuple[Grant, ...] = (
    Role.POS, Role.ACCRED, Role.ENTRY_CHECK, Role.ACCOUNTING, Principal.ESHOP,
)
SELLERS: tuple[Grant, ...] = (Role.POS, Role.ACCOUNTING, Principal.ESHOP)
PROGRAMME_CACHE_S = 15

PROGRAMME = (
    Route("GET", "/v1/programme", say.GetProgramme, PUBLIC, say.ProgrammePage,
          "What is on sale, for everybody", cache_s=PROGRAMME_CACHE_S,
          version=say.GetProgrammeVersion),
    Route("GET", "/v1/programme.ics", say.GetCalendar, PUBLIC, Document("text/calendar"),
          "The same, for calendars", cache_s=PROGRAMME_CACHE_S, version=say.GetProgrammeVersion),
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
    Route("POST", "/v1/screenings/schedule", say.ScheduleScreenings, ADMIN, say.Schedule,
          "Productions × rooms × days × times, as screenings; or show what they would be",
          timeout_s=30),
    Route("POST", "/v1/screenings/bulk", say.EditScreenings, ADMIN, say.BulkEdit,
          "The same edit on many screenings, all or none; or show what it would change",
          timeout_s=30),
    Route("GET", "/v1/clashes", say.ListClashes, READERS, say.RoomClashes,
          "Screenings with too little time between them in one room"),
    Route("GET", "/v1/contingent-templates", say.ListTemplates, ADMIN, say.TemplatePage,
          "Contingent templates, by name"),
    Route("POST", "/v1/contingent-templates", say.CreateTemplate, ADMIN, say.TemplateView,
          "Contingents that the screenings of some rooms start with", status=201),
    Route("PUT", "/v1/contingent-templates/{template_id}", say.UpdateTemplate, ADMIN,
          say.TemplateView, "The whole new state of a contingent template"),
    Route("GET", "/v1/history/{kind}/{object_id}", say.ListHistory, ADMIN, say.HistoryPage,
          "Who changed an object, when, before and after"),
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

SHOP = (
    Route("GET", "/v1/articles", say.ListArticles, SELLERS, say.ArticlePage, "Articles, by key"),
    Route("POST", "/v1/articles", say.CreateArticle, ADMIN, say.ArticleView,
          "Create an article with its variants", status=201),
    Route("GET", "/v1/articles/{article_id}", say.GetArticle, SELLERS, say.ArticleView,
          "One article"),
    Route("PUT", "/v1/articles/{article_id}", say.UpdateArticle, ADMIN, say.ArticleView,
          "The whole new state of an article"),
    Route("GET", "/v1/stock", say.ListStock, SELLERS, say.StockPage,
          "How many of each variant the sale points have"),
    Route("POST", "/v1/stock/moves", say.MoveStock, ADMIN, say.StockView,
          "Put or take pieces at a sale point", idempotent=True),
    Route("GET", "/v1/vouchers", say.ListVouchers, ADMIN, say.VoucherPage,
          "What voucher codes are good for, by key"),
    Route("POST", "/v1/vouchers", say.CreateVoucher, ADMIN, say.VoucherView,
          "Define a voucher", status=201),
    Route("PUT", "/v1/vouchers/{voucher_id}", say.UpdateVoucher, ADMIN, say.VoucherView,
          "The whole new state of a voucher"),
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
    Route("POST", "/v1/imports/{import_id}/rollback", say.RollBackImport, ADMIN,
          say.ImportRemoval, "Undo an import as a whole, if nothing stands on it", timeout_s=60),
    Route("POST", "/v1/imports/{import_id}/conflicts/{number}", say.ResolveConflict, ADMIN,
          say.ImportChange, "Settle a conflict: what was edited stays, or the file's value comes"),
    Route("POST", "/v1/imports/{import_id}/removals", say.RemoveMissing, ADMIN,
          say.ImportRemoval, "Remove drafts that are gone from their source"),
    Route("GET", "/v1/import-profiles", say.ListProfiles, ADMIN, say.ProfilePage,
          "Profiles, by name"),
    Route("POST", "/v1/import-profiles", say.CreateProfile, ADMIN, say.ProfileView,
          "Save how the files of a source are read", status=201),
    Route("GET", "/v1/import-profiles/{profile_id}", say.GetProfile, ADMIN, say.ProfileView,
          "One profile"),
    Route("PUT", "/v1/import-profiles/{profile_id}", say.UpdateProfile, ADMIN, say.ProfileView,
          "The whole new state of a profile"),
    Route("DELETE", "/v1/import-profiles/{profile_id}", say.DeleteProfile, ADMIN, None,
          "Forget a profile", status=204),
)

ROUTES = PROGRAMME + SCREENINGS + PLACES + PRICES + SHOP + IMPORTS
