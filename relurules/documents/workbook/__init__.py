"""The rules and their validation as a workbook for Excel, with a sheet that works a score out."""

from relurules.documents.workbook.printer import print_xlsx

__all__ = ["print_xlsx"]
