"""Doors of the process accounting-reports: writing files takes its time and would hold up the
bookings. It reads accounting's database and publishes nothing."""

from contracts import accounting as say
from services.accounting.reports import documents
from services.accounting.reports.audit_pack import audit_pack
from services.chassis.entrypoints import Service, ping, read


class AccountingReportsService(Service):
    name = "accounting_reports"
    publishes = False
    ping = ping()

    export_sales_statement = read(say.ExportSalesStatement, documents.sales_statement)
    export_wallet_statement = read(say.ExportWalletStatement, documents.wallet_statement)
    export_accounting_statement = read(
        say.ExportAccountingStatement, documents.accounting_statement
    )
    export_audit_pack = read(say.ExportAuditPack, audit_pack)
    print_z_report = read(say.PrintZReport, documents.z_report)
