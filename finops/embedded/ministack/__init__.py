"""What ministack answers otherwise than AWS does, put right before it starts: `server` is the program."""
