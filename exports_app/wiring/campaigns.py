"""Campaigns, their import and the demo, and the figures of analytics."""

from dataclasses import dataclass

from exports_app.services.analytics.campaigns import CampaignAnalytics
from exports_app.services.analytics.exports import ExportAnalytics
from exports_app.services.campaigns.demo import Demo
from exports_app.services.campaigns.importer import Importer
from exports_app.services.campaigns.service import Campaigns
from exports_app.wiring.foundation import Foundation


@dataclass(frozen=True)
class CampaignServices:
    campaigns: Campaigns
    importer: Importer
    demo: Demo
    campaign_analytics: CampaignAnalytics
    export_analytics: ExportAnalytics


def build(f: Foundation) -> CampaignServices:
    s = f.settings
    return CampaignServices(
        campaigns=Campaigns(f.store, f.changes, f.clock),
        importer=Importer(f.store, f.changes, f.clock),
        demo=Demo(f.store, f.clock, allowed=s.is_demo),
        campaign_analytics=CampaignAnalytics(f.store, f.changes, f.clock, s.tz),
        export_analytics=ExportAnalytics(f.store, f.changes, f.clock, s.tz),
    )
