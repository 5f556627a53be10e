"""Reports: self-contained HTML files."""

from evforecast.reporting.demo import DemoResult, UseCaseResult, demo_report
from evforecast.reporting.page import Figure, Page

__all__ = ["DemoResult", "Figure", "Page", "UseCaseResult", "demo_report"]
