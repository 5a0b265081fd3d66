"""What is owed, by whom, since when."""

from invoices.models.contact import Contact
from invoices.models.credit_note import CreditAllocation, CreditNote
from invoices.models.customer import Customer
from invoices.models.einvoice_status import EInvoiceCode, EInvoiceReason, EInvoiceStatus
from invoices.models.imported_file import ImportedFile
from invoices.models.instalment import Instalment
from invoices.models.invoice import Invoice
from invoices.models.write_off import WriteOff

__all__ = [
    "Contact",
    "CreditAllocation",
    "CreditNote",
    "Customer",
    "EInvoiceCode",
    "EInvoiceReason",
    "EInvoiceStatus",
    "ImportedFile",
    "Instalment",
    "Invoice",
    "WriteOff",
]
