"""Three templates for a tenant without scheduled exports."""

from dataclasses import dataclass, field

from exports_app.domain.timing.period import Period


@dataclass(frozen=True)
class Template:
    key: str
    title: str
    text: str
    values: dict[str, str] = field(default_factory=dict)
    """Fields of the form."""


TEMPLATES = (
    Template(
        "weekly",
        "Weekly campaign overview",
        "One row per campaign with the previous week's totals, as Excel, every Monday at 9.",
        {
            "name": "Weekly campaign overview",
            "export_type": "campaigns",
            "format": "excel",
            "period": Period.PREVIOUS_WEEK,
            "schedule": "0 9 * * 1",
        },
    ),
    Template(
        "daily",
        "Daily CSV for the warehouse",
        "Yesterday's figures for every campaign, as CSV, every day at 8.",
        {
            "name": "Daily CSV for the warehouse",
            "export_type": "campaigns",
            "format": "csv",
            "period": Period.YESTERDAY,
            "schedule": "0 8 * * *",
        },
    ),
    Template(
        "monthly",
        "Monthly aggregate",
        "Totals by month and currency for the previous month, as Excel, on the 1st at 9.",
        {
            "name": "Monthly aggregate",
            "export_type": "aggregate",
            "format": "excel",
            "period": Period.PREVIOUS_MONTH,
            "group_by": "month",
            "schedule": "0 9 1 * *",
        },
    ),
)
