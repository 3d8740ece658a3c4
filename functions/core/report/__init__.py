"""The report of a run, in the three forms that people and programs read: report.html, report.json and report.csv."""
