"""Figures, the page and the PDF: ``report(plan, out)``. matplotlib, Jinja2 and typst load when a report is made."""

from colonnade.reporting.write import report

__all__ = ["report"]
