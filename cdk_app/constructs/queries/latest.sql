-- The findings in the sum of the newest run, all columns: what `latest` is in `finops sql`. Looks 35 days back for that run.
WITH recent AS (
    SELECT * FROM findings
    WHERE run_date >= cast(cast(current_date - INTERVAL '35' DAY AS date) AS varchar)
)
SELECT *
FROM recent
WHERE x_RunId = (SELECT max(x_RunId) FROM recent)
    AND x_IsHeadline
    AND x_Lifecycle <> 'suppressed'
    AND x_MonthlySavingsHigh > 0
