"""How a sweep is reported to people and programs: mails, and messages on the topic."""
