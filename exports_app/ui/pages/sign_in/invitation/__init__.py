"""An invitation."""
