"""Stand-ins on loopback for the providers of SMS and letters: they answer as those document.

Development and tests send to them, through the same clients as to the providers. They know no
Django and keep nothing once they end.
"""
