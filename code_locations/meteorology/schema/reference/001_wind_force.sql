--liquibase formatted sql

--changeset meteorology:schema-reference
--comment: what the unit knows besides its measurements
CREATE SCHEMA reference;
--rollback DROP SCHEMA reference;

--changeset meteorology:wind-force
--comment: the Beaufort scale, after the World Meteorological Organization
CREATE TABLE reference.wind_force (
    force INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    from_mph DOUBLE NOT NULL
);
INSERT INTO reference.wind_force VALUES
    (0, 'calm', 0),
    (1, 'light air', 1),
    (2, 'light breeze', 4),
    (3, 'gentle breeze', 8),
    (4, 'moderate breeze', 13),
    (5, 'fresh breeze', 19),
    (6, 'strong breeze', 25),
    (7, 'near gale', 32),
    (8, 'gale', 39),
    (9, 'strong gale', 47),
    (10, 'storm', 55),
    (11, 'violent storm', 64),
    (12, 'hurricane', 73);
--rollback DROP TABLE reference.wind_force;
