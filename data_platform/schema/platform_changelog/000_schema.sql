--liquibase formatted sql

--changeset data_platform:schema-platform
--comment Everything of the platform's own, beside Dagster's tables
CREATE SCHEMA IF NOT EXISTS platform;
--rollback DROP SCHEMA platform
