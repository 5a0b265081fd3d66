"""One script per promise about speed, each beside its limit, measured in the same run.

A ratio travels from machine to machine; seconds do not. The limit is what the same database needs
for the same rows when nothing is checked: read them, and COPY the finished ones.
"""
