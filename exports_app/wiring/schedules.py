"""Scheduled exports."""

from dataclasses import dataclass

from exports_app.services.destinations.names import DestinationNames
from exports_app.services.schedules.activation import Activation
from exports_app.services.schedules.batches import Batches
from exports_app.services.schedules.bulk import Bulk
from exports_app.services.schedules.change_authors import ChangeAuthors
from exports_app.services.schedules.cron_expressions import CronExpressions
from exports_app.services.schedules.definitions.service import Definitions
from exports_app.services.schedules.deleted import DeletedSchedules
from exports_app.services.schedules.list_choices import ListChoiceReader
from exports_app.services.schedules.listing import ScheduleListing
from exports_app.services.schedules.ownership import Ownership
from exports_app.services.schedules.saved_views import SavedViews
from exports_app.services.schedules.selection import ScheduleSelection
from exports_app.services.schedules.service import Schedules
from exports_app.services.schedules.slugs import Slugs
from exports_app.services.schedules.summaries import ScheduleSummaries
from exports_app.services.schedules.tagging import Tags
from exports_app.services.tenants.quotas import Quotas
from exports_app.wiring.foundation import Foundation


@dataclass(frozen=True)
class ScheduleServices:
    schedules: Schedules
    cron_expressions: CronExpressions
    bulk: Bulk
    activation: Activation
    deleted_schedules: DeletedSchedules
    schedule_summaries: ScheduleSummaries
    schedule_listing: ScheduleListing
    schedule_selection: ScheduleSelection
    change_authors: ChangeAuthors
    tags: Tags
    list_choices: ListChoiceReader
    saved_views: SavedViews
    ownership: Ownership
    slugs: Slugs
    definitions: Definitions


def build(f: Foundation, quotas: Quotas, destinations: DestinationNames) -> ScheduleServices:
    s = f.settings
    shared = (f.store, f.changes, f.clock, quotas, s.min_interval_seconds, s.tz)
    schedules = Schedules(*shared)
    batches = Batches(f.store, f.changes, f.clock)
    ownership = Ownership(f.store, batches)
    tags = Tags(f.store)
    activation = Activation(batches, f.clock, s.min_interval_seconds)
    deleted = DeletedSchedules(f.store, batches, f.clock, quotas)
    summaries = ScheduleSummaries(f.store)
    return ScheduleServices(
        schedules=schedules,
        cron_expressions=CronExpressions(f.clock, s.min_interval_seconds, s.tz),
        bulk=Bulk(batches, schedules, ownership, activation, deleted, f.clock),
        activation=activation,
        deleted_schedules=deleted,
        schedule_summaries=summaries,
        schedule_listing=ScheduleListing(schedules, summaries, destinations, f.changes),
        schedule_selection=ScheduleSelection(f.store),
        change_authors=ChangeAuthors(f.store),
        tags=tags,
        list_choices=ListChoiceReader(tags, ownership, f.changes),
        saved_views=SavedViews(f.store, f.changes, f.clock),
        ownership=ownership,
        slugs=Slugs(f.store),
        definitions=Definitions(*shared),
    )
