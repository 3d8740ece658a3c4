-- The 50 findings of the latest run that save most, with what to do. Looks 35 days back for that run.
WITH recent AS (
    SELECT * FROM findings
    WHERE run_date >= cast(cast(current_date - INTERVAL '35' DAY AS date) AS varchar)
)
SELECT
    round(x_MonthlySavingsLikely, 2) AS monthly_savings,
    x_Action AS action,
    coalesce(ResourceName, x_ShortResourceId) AS resource,
    SubAccountId AS account,
    RegionId AS region,
    x_CheckId AS check_id,
    coalesce(x_OwnerName, '') AS owner,
    x_Effort AS effort,
    x_Risk AS risk,
    substr(coalesce(x_FirstSeen, x_AsOf), 1, 10) AS first_seen
FROM recent
WHERE x_RunId = (SELECT max(x_RunId) FROM recent)
    AND x_Lifecycle <> 'suppressed'
    AND x_IsHeadline
    AND x_MonthlySavingsLikely > 0
ORDER BY x_MonthlySavingsLikely DESC, x_FindingId
LIMIT 50
