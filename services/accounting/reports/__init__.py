"""Statements as files. Pure and streaming: rows in, bytes out, memory independent of their number.

Each writer of a table is `write(rows, columns, trailer, out)`; the journal and the Z report, which
are no tables, have their own shapes.
"""
