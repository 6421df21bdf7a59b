"""A run's life, and its files. In the order of its life:

tick_planner, ticks  which runs a due schedule asks for; the tick adds them, pending
backfill             past ticks that a person has made up
queue                which pending run is next; a worker claims it under a lease
lease                every write of the worker carries the run's lease token
execution            what the worker asks and notes while it makes the file
sending, entitlement the deliveries of the file, and who may still receive it
ending               closed, tried again later, given back, recovered from a death, or cancelled
completion           what an end means for the schedule: result, failures in a row, pause,
                     notifications
actions              what a person does to a run
history, retention   what stays of it, and how long its file is kept

preview and export_context show a run before there is one; download_links, download_log and
browser_downloads serve its file.
"""
