"""One connection to a mail server, and the messages that go over it."""
