-- Findings of the latest run that were first seen on a date or after it: give the date, in Athena in quotes, '2026-11-01'. Looks 35 days back for that run.
WITH recent AS (
    SELECT * FROM findings
    WHERE run_date >= cast(cast(current_date - INTERVAL '35' DAY AS date) AS varchar)
)
SELECT
    substr(coalesce(x_FirstSeen, x_AsOf), 1, 10) AS first_seen,
    round(CASE WHEN x_IsHeadline THEN x_MonthlySavingsLikely END, 2) AS monthly_savings,
    x_Action AS action,
    coalesce(ResourceName, x_ShortResourceId) AS resource,
    SubAccountId AS account,
    RegionId AS region,
    x_CheckId AS check_id,
    coalesce(x_OwnerName, '') AS owner,
    coalesce(x_UnpricedReason, '') AS unpriced
FROM recent
WHERE x_RunId = (SELECT max(x_RunId) FROM recent)
    AND x_Lifecycle <> 'suppressed'
    AND coalesce(x_FirstSeen, x_AsOf) >= ?
ORDER BY x_MonthlySavingsLikely DESC NULLS LAST, x_FindingId
