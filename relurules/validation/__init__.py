"""Rules and rows with true values -> the figures by which rules are validated, and by which rows
that come later are watched.
"""

from relurules.validation.monitoring import MonitorLimits, MonitorReport, monitor_rules
from relurules.validation.report import ValidationReport
from relurules.validation.validate import ValidationOptions, validate_rules

__all__ = [
    "MonitorLimits",
    "MonitorReport",
    "ValidationOptions",
    "ValidationReport",
    "monitor_rules",
    "validate_rules",
]
