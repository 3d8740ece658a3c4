"""What people and programs are told of a sweep: mails, and messages on the topic."""
