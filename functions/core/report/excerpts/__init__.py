"""The part of a report that belongs to one owner or account, in the formats of the places where people work."""
