-- rules: 15, neurons: 6, form: network, dialect: sqlite
-- A row outside the domain has the outputs of the whole network and rule 0. One that it can't take, or with a missing value, has no outputs.
WITH
rr_input AS (
  SELECT
    CASE WHEN typeof(rr_table."age") NOT IN ('text', 'blob', 'VARCHAR') THEN CAST(rr_table."age" AS DOUBLE) END AS "age",
    CASE WHEN typeof(rr_table."debt") NOT IN ('text', 'blob', 'VARCHAR') THEN CAST(rr_table."debt" AS DOUBLE) END AS "debt",
    CASE WHEN typeof(rr_table."trend") NOT IN ('text', 'blob', 'VARCHAR') THEN CAST(rr_table."trend" AS DOUBLE) END AS "trend"
  FROM "input_data" AS rr_table
),
rr_checked AS (
  SELECT
    "age", "debt", "trend",
    CASE
      WHEN "age" BETWEEN 0.0E0 AND 10.0E0
        AND abs("debt") <= 5.0E0
        AND abs("trend") <= 1.0E0
        THEN 1
      ELSE 0
    END AS rr_inside,
    CASE
      WHEN abs("age") <= 1.7976931348623157E+308
        AND abs("debt") <= 1.7976931348623157E+308
        AND abs("trend") <= 1.7976931348623157E+308
        THEN 1
      ELSE 0
    END AS rr_known
  FROM rr_input LIMIT 9223372036854775807
),
rr_level1 AS (
  SELECT
    "age", "debt", "trend", rr_inside, rr_known,
    max(-0.4043289124965668E0 - 0.5724271535873413E0 * "age" - 0.45544925332069397E0 * "debt" - 0.2472877949476242E0 * "trend", 0E0) AS rr_a0,
    max(-0.11377400904893875E0 - 0.5462254881858826E0 * "age" - 0.5079339742660522E0 * "trend" - 0.032776910811662674E0 * "debt", 0E0) AS rr_a1,
    max(-0.5147921442985535E0 + 0.3139236271381378E0 * "age" + 0.28139978647232056E0 * "debt" + 0.10902822017669678E0 * "trend", 0E0) AS rr_a2,
    max(-0.04687478765845299E0 + 0.4478582739830017E0 * "age" + 0.34582197666168213E0 * "trend" - 0.05654415115714073E0 * "debt", 0E0) AS rr_a3
  FROM rr_checked LIMIT 9223372036854775807
),
rr_level2 AS (
  SELECT
    "age", "debt", "trend", rr_inside, rr_known,
    max(-0.3191227912902832E0 + 0.4491828680038452E0 * rr_a1 + 0.37485623359680176E0 * rr_a3 + 0.3473186492919922E0 * rr_a2 - 0.32439476251602173E0 * rr_a0, 0E0) AS rr_a4,
    max(-0.31228482723236084E0 - 0.4878913164138794E0 * rr_a3 + 0.44930499792099E0 * rr_a2 - 0.2852422595024109E0 * rr_a1 + 0.14831042289733887E0 * rr_a0, 0E0) AS rr_a5
  FROM rr_level1 LIMIT 9223372036854775807
),
rr_ruled AS (
  SELECT
    rr_known, rr_a4, rr_a5,
    CASE rr_inside
      WHEN 1 THEN CASE WHEN "age" + 0.929897973001949E0 * "trend" + 0.06000619070435719E0 * "debt" >= -0.20829128539351688E0
        THEN CASE WHEN "age" + 0.8963956903711947E0 * "debt" + 0.3473081053842449E0 * "trend" >= 1.6398642847995197E0
          THEN CASE WHEN "age" + 0.7721683325980211E0 * "trend" - 0.1262545640929408E0 * "debt" >= 0.10466433329806496E0
            THEN CASE WHEN "age" + 0.2764015807766586E0 * "debt" + 0.6048847667341838E0 * "trend" >= 1.8615563584545265E0
              THEN CASE WHEN "debt" - 0.5029076599103469E0 * "age" - 0.7774007898848874E0 * "trend" >= 3.3807807893625963E0
                THEN 9
                ELSE 8 END
              ELSE CASE WHEN "debt" - 0.5029076599103469E0 * "age" - 0.7774007898848874E0 * "trend" >= 3.3807807893625963E0
                THEN 7
                ELSE 6 END END
            ELSE CASE WHEN "age" + 0.8963956903711947E0 * "debt" + 0.3473081053842449E0 * "trend" >= 4.566749662143908E0
              THEN 5
              ELSE CASE WHEN "age" + 0.8963956903711947E0 * "debt" + 0.3473081053842449E0 * "trend" >= 3.853905140995068E0
                THEN 4
                ELSE 3 END END END
          ELSE CASE WHEN "age" + 0.7956457873572925E0 * "debt" + 0.4319987152913648E0 * "trend" >= -0.706341252267087E0
            THEN CASE WHEN "age" + 0.7721683325980211E0 * "trend" - 0.1262545640929408E0 * "debt" >= 2.0055346226745696E0
              THEN 2
              ELSE 1 END
            ELSE CASE WHEN "age" + 0.3579141155883276E0 * "debt" + 0.5935161884482126E0 * "trend" >= 0.5812967863785867E0
              THEN 15
              ELSE 14 END END END
        ELSE CASE WHEN "age" - 0.6089376029842808E0 * "debt" + 1.3958529812415157E0 * "trend" >= -4.027366019995812E0
          THEN CASE WHEN "age" + 0.4574089250524161E0 * "debt" + 0.6530857862313443E0 * "trend" >= 1.7218237721828624E0
            THEN 11
            ELSE 10 END
          ELSE CASE WHEN "age" + 0.4574089250524161E0 * "debt" + 0.6530857862313443E0 * "trend" >= 1.7218237721828624E0
            THEN 13
            ELSE 12 END END END
      ELSE 0
    END AS rr_rule
  FROM rr_level2 LIMIT 9223372036854775807
),
rr_scored AS (
  SELECT
    rr_rule,
    CASE WHEN rr_known = 1 THEN -0.5356259346008301E0 - 0.29310324788093567E0 * rr_a4 + 0.14099520444869995E0 * rr_a5 END AS rr_s0
  FROM rr_ruled LIMIT 9223372036854775807
),
rr_link1 AS (
  SELECT
    rr_rule, rr_s0,
    exp(-abs(rr_s0)) AS rr_s0_power
  FROM rr_scored LIMIT 9223372036854775807
)
SELECT
  CASE WHEN rr_s0 >= 0E0 THEN 1E0 ELSE rr_s0_power END / (1E0 + rr_s0_power) AS "y",
  rr_rule AS "rule"
FROM rr_link1
-- relurules artefact: {"target": "sql", "form": "network", "dialect": "sqlite", "table": "input_data", "outputs": ["y"], "max_error": 0.0, "complete": true, "outside": "exact", "features": [{"name": "age", "lower": 0.0, "upper": 10.0}, {"name": "debt", "lower": -5.0, "upper": 5.0}, {"name": "trend", "lower": -1.0, "upper": 1.0}]}
