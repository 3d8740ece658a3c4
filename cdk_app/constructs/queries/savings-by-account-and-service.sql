-- What the latest run found, by account and service, in USD a month. Looks 35 days back for that run.
WITH recent AS (
    SELECT * FROM findings
    WHERE run_date >= cast(cast(current_date - INTERVAL '35' DAY AS date) AS varchar)
),
counted AS (
    SELECT
        SubAccountId,
        ServiceName,
        x_MonthlySavingsLikely AS likely,
        x_MonthlySavingsLow AS low,
        x_MonthlySavingsHigh AS high,
        x_IsHeadline
    FROM recent
    WHERE x_RunId = (SELECT max(x_RunId) FROM recent) AND x_Lifecycle <> 'suppressed'
)
SELECT
    SubAccountId AS account,
    ServiceName AS service,
    count(*) AS findings,
    round(coalesce(sum(likely) FILTER (WHERE x_IsHeadline), 0), 2) AS monthly_savings,
    round(coalesce(sum(low) FILTER (WHERE x_IsHeadline), 0), 2) AS at_least,
    round(coalesce(sum(high) FILTER (WHERE x_IsHeadline), 0), 2) AS at_most
FROM counted
GROUP BY SubAccountId, ServiceName
ORDER BY monthly_savings DESC, account, service
