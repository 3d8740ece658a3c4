-- Each run of the last 90 days: how much it looked at and found, and how the monthly savings changed since the run of the same scope before.
WITH runs AS (
    SELECT
        run_date,
        x_RunId AS run,
        max(x_ScopeId) AS scope,
        count(DISTINCT SubAccountId) AS accounts,
        count(DISTINCT RegionId) AS regions,
        count(*) FILTER (WHERE x_Lifecycle <> 'suppressed') AS findings,
        count(*) FILTER (WHERE x_Lifecycle = 'new') AS fresh,
        count(*) FILTER (WHERE x_Lifecycle = 'regressed') AS back,
        coalesce(sum(x_MonthlySavingsLikely) FILTER (WHERE x_IsHeadline AND x_Lifecycle <> 'suppressed'), 0) AS savings
    FROM findings
    WHERE run_date >= cast(cast(current_date - INTERVAL '90' DAY AS date) AS varchar)
    GROUP BY run_date, x_RunId
)
SELECT
    run_date,
    run,
    scope,
    accounts,
    regions,
    findings,
    fresh AS new_findings,
    back AS regressed_findings,
    round(savings, 2) AS monthly_savings,
    CASE WHEN scope IS NOT NULL THEN round(savings - lag(savings) OVER (PARTITION BY scope ORDER BY run), 2) END AS change
FROM runs
ORDER BY run
