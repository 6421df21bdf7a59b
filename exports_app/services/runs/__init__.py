"""Runs and their files. In the order of a run's life:

tick_planner, ticks  due schedules become pending runs
backfill             past ticks that a person runs afterwards
queue                the next pending run, and its claim under a lease
lease                every write of the worker carries the run's lease token
execution            reads and writes of the worker while it makes the file
sending, entitlement the deliveries of the file, and who may still receive it
ending               closed, retried, released, recovered after a death of the worker, or cancelled
completion           what an end means for the schedule: result, failures in a row, automatic
                     pause, notifications
actions              what a person does to a run
mailings             what a run would send, for the question before it
history              the history
snapshot_storage     moves the snapshots of runs to where each is stored once
retention            how long files are kept; history_retention: and runs; deleted_schedules: and
                     what belongs to deleted scheduled exports

preview and export_context show what a run would send; download_links, download_log and
browser_downloads serve files.
"""
