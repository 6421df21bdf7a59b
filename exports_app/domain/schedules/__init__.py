"""What a schedule may be told, and the snapshot of it that a run goes by."""
