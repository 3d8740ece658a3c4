"""What of a report works in the reader's browser: every finding in a few bytes, what is said of the largest, and the script for both.

The page is one file, because a browser lets no page that was opened from a disk fetch its neighbours, and a presigned link opens one object
only. So both travel inside of it, compressed, as data that the browser never takes for markup or for a program.
"""
