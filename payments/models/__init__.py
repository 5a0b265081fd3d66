"""What came in, and what it settled."""

from payments.models.allocation import Allocation
from payments.models.payment import Payment

__all__ = ["Allocation", "Payment"]
