"""A sweep of real accounts on one's own machine, with nothing deployed: `finops sweep --profile NAME`.

The state machine, its functions, the bucket and the table are those of the embedded AWS, made from the same template. Only what looks at
accounts speaks to AWS, with credentials that this process lends it. What is worth keeping lies in a folder of the user's.
"""
