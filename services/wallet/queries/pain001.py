"""The bank's file: ISO 20022 pain.001.001.09, one payment of many transfers in francs, as the
Swiss Payment Standards ask (no BIC: the bank knows it from the IBAN)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
SUBJECT = "Festival wallet refund"


@dataclass(frozen=True, slots=True)
class Transfer:
    """`cents` in francs' hundredths."""

    refund_id: UUID
    name: str
    iban: str
    cents: int


def pain001(
    run_id: UUID, created_at: datetime, execute_on: date, debtor_name: str, debtor_iban: str,
    transfers: list[Transfer],
) -> bytes:
    """The document; ids are hexadecimal, since the standard allows 35 characters."""
    root = Element("Document", xmlns=NAMESPACE)
    body = SubElement(root, "CstmrCdtTrfInitn")
    count, sum_ = str(len(transfers)), _francs(sum(item.cents for item in transfers))
    header = SubElement(body, "GrpHdr")
    _texts(header, MsgId=run_id.hex,
           CreDtTm=created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"),
           NbOfTxs=count, CtrlSum=sum_)
    _texts(SubElement(header, "InitgPty"), Nm=debtor_name)
    payment = SubElement(body, "PmtInf")
    _texts(payment, PmtInfId=run_id.hex, PmtMtd="TRF", BtchBookg="true", NbOfTxs=count,
           CtrlSum=sum_)
    _texts(SubElement(payment, "ReqdExctnDt"), Dt=execute_on.isoformat())
    _texts(SubElement(payment, "Dbtr"), Nm=debtor_name)
    _account(payment, "DbtrAcct", debtor_iban)
    bank = SubElement(SubElement(SubElement(payment, "DbtrAgt"), "FinInstnId"), "Othr")
    _texts(bank, Id="NOTPROVIDED")
    for item in transfers:
        _transfer(payment, item)
    return bytes(tostring(root, encoding="UTF-8", xml_declaration=True))


def _transfer(payment: Element, item: Transfer) -> None:
    one = SubElement(payment, "CdtTrfTxInf")
    _texts(SubElement(one, "PmtId"), InstrId=item.refund_id.hex, EndToEndId=item.refund_id.hex)
    amount = SubElement(SubElement(one, "Amt"), "InstdAmt", Ccy="CHF")
    amount.text = _francs(item.cents)
    _texts(SubElement(one, "Cdtr"), Nm=item.name)
    _account(one, "CdtrAcct", item.iban)
    _texts(SubElement(one, "RmtInf"), Ustrd=SUBJECT)


def _account(parent: Element, name: str, iban: str) -> None:
    _texts(SubElement(SubElement(parent, name), "Id"), IBAN=iban)


def _texts(parent: Element, **children: str) -> None:
    for name, text in children.items():
        SubElement(parent, name).text = text


def _francs(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
