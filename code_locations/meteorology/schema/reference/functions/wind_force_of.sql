--liquibase formatted sql

--changeset meteorology:wind-force-of runOnChange:true
--comment: the wind's force on the Beaufort scale, for queries by hand
CREATE OR REPLACE MACRO wind_force_of(mph) AS (
    SELECT max(force) FROM reference.wind_force WHERE from_mph <= mph
);
--rollback DROP MACRO wind_force_of;
