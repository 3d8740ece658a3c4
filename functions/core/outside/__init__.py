"""What comes from outside: text by where it is put, ids by their form, listings that have to end, and items whose time is over."""
