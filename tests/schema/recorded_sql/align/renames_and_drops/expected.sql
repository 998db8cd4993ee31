ALTER ROLE "REPORTING_DEV" RENAME TO "READERS_DEV";
-- UPDATE platform.aligned_objects SET name = 'READERS_DEV' WHERE kind = 'role' AND name = 'REPORTING_DEV';
ALTER SCHEMA "SALES"."MARTS" RENAME TO "SALES"."PUBLISHED";
-- UPDATE platform.aligned_objects SET name = 'SALES.PUBLISHED' WHERE kind = 'schema' AND name = 'SALES.MARTS';
-- UPDATE platform.aligned_objects SET name = 'SALES.PUBLISHED.' || substr(name, 13) WHERE kind IN ('view') AND left(name, 12) = 'SALES.MARTS.';
GRANT MONITOR ON DATABASE "SALES" TO ROLE "READERS_DEV";
GRANT SELECT ON TABLE "SALES"."PUBLISHED"."ORDERS" TO ROLE "READERS_DEV";
REVOKE SELECT ON FUTURE TABLES IN SCHEMA "SALES"."PUBLISHED" FROM ROLE "READERS_DEV"; -- revoke
REVOKE USAGE ON DATABASE "SALES" FROM ROLE "OTHERS"; -- revoke
-- DELETE FROM platform.aligned_objects WHERE kind = 'view' AND name = 'SALES.PUBLISHED.BY_MONTH';
DROP VIEW "SALES"."PUBLISHED"."BY_DAY"; -- drop
-- DELETE FROM platform.aligned_objects WHERE kind = 'view' AND name = 'SALES.PUBLISHED.BY_DAY';
DROP WAREHOUSE "LOADING"; -- drop
-- DELETE FROM platform.aligned_objects WHERE kind = 'warehouse' AND name = 'LOADING';
DROP ROLE "LOADER"; -- drop
-- DELETE FROM platform.aligned_objects WHERE kind = 'role' AND name = 'LOADER';
