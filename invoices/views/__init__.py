"""The pages about what is owed: invoices, customers, and taking files in."""
