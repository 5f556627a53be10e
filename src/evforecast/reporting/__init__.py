"""Reports: self-contained HTML files, the same as Markdown, and their tables as frames."""

from evforecast.reporting.blocks import Figure
from evforecast.reporting.collection import collection_report
from evforecast.reporting.credits import credits_report
from evforecast.reporting.demo import DemoResult, UseCaseResult, demo_report
from evforecast.reporting.monitoring import monitoring_report
from evforecast.reporting.page import Page

__all__ = [
    "DemoResult",
    "Figure",
    "Page",
    "UseCaseResult",
    "collection_report",
    "credits_report",
    "demo_report",
    "monitoring_report",
]
