"""Campaigns, their import and the demo, and the figures of analytics."""

from dataclasses import dataclass

from exports_app.services.analytics.campaigns import CampaignAnalytics
from exports_app.services.analytics.closed_days import ClosedDays
from exports_app.services.analytics.exports import ExportAnalytics
from exports_app.services.campaigns.demo import Demo
from exports_app.services.campaigns.importer import Importer
from exports_app.services.campaigns.service import Campaigns
from exports_app.services.campaigns.uploads import Uploads
from exports_app.services.core.rate_limits import RateLimit
from exports_app.services.identity.sessions import Sessions
from exports_app.wiring.foundation import Foundation


@dataclass(frozen=True)
class CampaignServices:
    campaigns: Campaigns
    importer: Importer
    uploads: Uploads
    demo: Demo
    campaign_analytics: CampaignAnalytics
    closed_days: ClosedDays
    export_analytics: ExportAnalytics


UPLOADS = "60/hour"
"""Files that one user may send."""


def build(f: Foundation, sessions: Sessions) -> CampaignServices:
    s = f.settings
    closed_days = ClosedDays(f.store, f.clock, s.tz)
    return CampaignServices(
        campaigns=Campaigns(f.store, f.changes, f.clock),
        importer=Importer(f.store, f.changes, f.clock),
        uploads=Uploads(
            f.store, f.files, f.clock, sessions, RateLimit(UPLOADS, f.counts, "uploads")
        ),
        demo=Demo(f.store, f.clock, allowed=s.is_demo),
        campaign_analytics=CampaignAnalytics(f.store, f.changes, f.clock, s.tz),
        closed_days=closed_days,
        export_analytics=ExportAnalytics(f.store, f.changes, f.clock, closed_days),
    )
