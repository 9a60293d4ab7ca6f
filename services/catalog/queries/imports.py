"""Imports, their problems and what they changed."""

from sqlalchemy import select

from contracts.catalog import (
    GetImport,
    GetProfile,
    ImportChangePage,
    ImportPage,
    ImportProblemPage,
    ImportView,
    ListImportChanges,
    ListImportProblems,
    ListImports,
    ListProfiles,
    ListSources,
    ProfilePage,
    ProfileView,
    SourcePage,
)
from contracts.errors import Code
from services.catalog.models import (
    ChangeRow,
    Import,
    ImportSource,
    ProblemRow,
    Profile,
    find,
    find_import,
)
from services.catalog.queries.paging import page
from services.chassis.unit_of_work import UnitOfWork


def get_import(uow: UnitOfWork, query: GetImport) -> ImportView:
    return find_import(uow.session, query.import_id).view(uow.session)


def list_imports(uow: UnitOfWork, query: ListImports) -> ImportPage:
    found, cursor = page(
        uow.session, select(Import), (Import.uploaded_at, Import.id), query.cursor, query.limit,
        newest_first=True,
    )
    return ImportPage(items=tuple(one.summary() for one in found), next_cursor=cursor)


def list_import_problems(uow: UnitOfWork, query: ListImportProblems) -> ImportProblemPage:
    found = find_import(uow.session, query.import_id)
    problems, cursor = page(
        uow.session, select(ProblemRow).where(ProblemRow.import_id == found.id),
        (ProblemRow.number,), query.cursor, query.limit,
    )
    return ImportProblemPage(items=tuple(one.view() for one in problems), next_cursor=cursor)


def list_import_changes(uow: UnitOfWork, query: ListImportChanges) -> ImportChangePage:
    found = find_import(uow.session, query.import_id)
    changes, cursor = page(
        uow.session, select(ChangeRow).where(ChangeRow.import_id == found.id),
        (ChangeRow.number,), query.cursor, query.limit,
    )
    return ImportChangePage(items=tuple(one.view() for one in changes), next_cursor=cursor)


def get_profile(uow: UnitOfWork, query: GetProfile) -> ProfileView:
    return find(uow.session, Profile, query.profile_id, Code.PROFILE_NOT_FOUND).view()


def list_profiles(uow: UnitOfWork, query: ListProfiles) -> ProfilePage:
    found, cursor = page(uow.session, select(Profile), (Profile.key,), query.cursor, query.limit)
    return ProfilePage(items=tuple(one.view() for one in found), next_cursor=cursor)


def list_sources(uow: UnitOfWork, query: ListSources) -> SourcePage:
    found, cursor = page(
        uow.session, select(ImportSource), (ImportSource.key,), query.cursor, query.limit
    )
    return SourcePage(items=tuple(one.view() for one in found), next_cursor=cursor)
