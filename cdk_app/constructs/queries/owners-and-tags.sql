-- Who wastes most in the latest run: by owner, and by each tag but Name, in USD a month. Looks 35 days back for that run.
WITH recent AS (
    SELECT * FROM findings
    WHERE run_date >= cast(cast(current_date - INTERVAL '35' DAY AS date) AS varchar)
),
counted AS (
    SELECT
        coalesce(x_OwnerName, '(nobody)') AS owner,
        cast(json_parse(Tags) AS map(varchar, varchar)) AS tags,
        x_MonthlySavingsLikely AS savings
    FROM recent
    WHERE x_RunId = (SELECT max(x_RunId) FROM recent)
        AND x_Lifecycle <> 'suppressed'
        AND x_IsHeadline
        AND x_MonthlySavingsLikely > 0
),
labels AS (
    SELECT 'owner' AS label, owner AS label_value, savings FROM counted
    UNION ALL
    SELECT concat('tag ', tag) AS label, tags[tag] AS label_value, savings
    FROM counted CROSS JOIN UNNEST(map_keys(tags)) AS t (tag)
    WHERE tag <> 'Name'
)
SELECT label, label_value, count(*) AS findings, round(sum(savings), 2) AS monthly_savings
FROM labels
GROUP BY label, label_value
ORDER BY monthly_savings DESC, label, label_value
LIMIT 100
