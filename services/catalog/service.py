"""The catalog's bus doors."""

from contracts import catalog as say
from services.catalog.queries import articles as article_queries
from services.catalog.queries import imports as import_queries
from services.catalog.queries import planning as planning_queries
from services.catalog.queries import prices, programme
from services.catalog.usecases import (
    articles,
    import_care,
    imports,
    planning,
    productions,
    profiles,
    rolling_back,
    screenings,
    sources,
    tariffs,
    templates,
    venues,
)
from services.chassis.entrypoints import Service, every, ping, read, write


class CatalogService(Service):
    name = "catalog"
    ping = ping()

    create_venue = write(say.CreateVenue, venues.create_venue)
    update_venue = write(say.UpdateVenue, venues.update_venue)
    create_section = write(say.CreateSection, venues.create_section)
    update_section = write(say.UpdateSection, venues.update_section)
    create_production = write(say.CreateProduction, productions.create_production)
    update_production = write(say.UpdateProduction, productions.update_production)
    create_screening = write(say.CreateScreening, screenings.create_screening)
    update_screening = write(say.UpdateScreening, screenings.update_screening)
    set_contingents = write(say.SetContingents, screenings.set_contingents)
    set_tariffs = write(say.SetTariffs, screenings.set_tariffs)
    publish_screening = write(say.PublishScreening, screenings.publish_screening)
    cancel_screening = write(say.CancelScreening, screenings.cancel_screening)
    create_price_grid = write(say.CreatePriceGrid, tariffs.create_price_grid)
    update_price_grid = write(say.UpdatePriceGrid, tariffs.update_price_grid)
    apply_price_grid = write(say.ApplyPriceGrid, tariffs.apply_price_grid)
    create_ticket_type = write(say.CreateTicketType, tariffs.create_ticket_type)
    update_ticket_type = write(say.UpdateTicketType, tariffs.update_ticket_type)
    create_article = write(say.CreateArticle, articles.create_article)
    update_article = write(say.UpdateArticle, articles.update_article)
    move_stock = write(say.MoveStock, articles.move_stock)
    create_voucher = write(say.CreateVoucher, articles.create_voucher)
    update_voucher = write(say.UpdateVoucher, articles.update_voucher)
    set_vat_code = write(say.SetVatCode, tariffs.set_vat_code)
    upload_import = write(say.UploadImport, imports.upload_import)
    apply_import = write(say.ApplyImport, imports.apply_import)
    apply_waiting_imports = every(1, imports.apply_waiting)
    roll_back_import = write(say.RollBackImport, rolling_back.roll_back_import)
    resolve_conflict = write(say.ResolveConflict, import_care.resolve_conflict)
    remove_missing = write(say.RemoveMissing, import_care.remove_missing)
    create_profile = write(say.CreateProfile, profiles.create_profile)
    update_profile = write(say.UpdateProfile, profiles.update_profile)
    delete_profile = write(say.DeleteProfile, profiles.delete_profile)
    create_source = write(say.CreateSource, sources.create_source)
    update_source = write(say.UpdateSource, sources.update_source)
    pull_source = write(say.PullSource, sources.pull_source)
    pull_due_sources = every(30, sources.pull_due)
    schedule_screenings = write(say.ScheduleScreenings, planning.schedule_screenings)
    edit_screenings = write(say.EditScreenings, planning.edit_screenings)
    create_template = write(say.CreateTemplate, templates.create_template)
    update_template = write(say.UpdateTemplate, templates.update_template)

    get_venue = read(say.GetVenue, programme.get_venue)
    list_venues = read(say.ListVenues, programme.list_venues)
    list_sections = read(say.ListSections, programme.list_sections)
    get_production = read(say.GetProduction, programme.get_production)
    list_productions = read(say.ListProductions, programme.list_productions)
    get_screening = read(say.GetScreening, programme.get_screening)
    list_screenings = read(say.ListScreenings, programme.list_screenings)
    get_programme = read(say.GetProgramme, programme.get_programme)
    get_calendar = read(say.GetCalendar, programme.get_calendar)
    get_programme_version = read(say.GetProgrammeVersion, programme.get_programme_version)
    get_price_grid = read(say.GetPriceGrid, prices.get_price_grid)
    list_price_grids = read(say.ListPriceGrids, prices.list_price_grids)
    get_ticket_type = read(say.GetTicketType, prices.get_ticket_type)
    list_ticket_types = read(say.ListTicketTypes, prices.list_ticket_types)
    list_vat_codes = read(say.ListVatCodes, prices.list_vat_codes)
    get_article = read(say.GetArticle, article_queries.get_article)
    list_articles = read(say.ListArticles, article_queries.list_articles)
    list_stock = read(say.ListStock, article_queries.list_stock)
    list_vouchers = read(say.ListVouchers, article_queries.list_vouchers)
    get_import = read(say.GetImport, import_queries.get_import)
    list_imports = read(say.ListImports, import_queries.list_imports)
    list_import_problems = read(say.ListImportProblems, import_queries.list_import_problems)
    list_import_changes = read(say.ListImportChanges, import_queries.list_import_changes)
    get_profile = read(say.GetProfile, import_queries.get_profile)
    list_profiles = read(say.ListProfiles, import_queries.list_profiles)
    list_sources = read(say.ListSources, import_queries.list_sources)
    list_clashes = read(say.ListClashes, planning_queries.list_clashes)
    list_templates = read(say.ListTemplates, planning_queries.list_templates)
    list_history = read(say.ListHistory, planning_queries.list_history)
