--liquibase formatted sql

--changeset data_platform:deployment-told
--comment Who has been told what of a deployment: what could not be told is told by a later command
CREATE TABLE IF NOT EXISTS platform.deployment_told (
    deployment bigint NOT NULL REFERENCES platform.deployment (id) ON DELETE CASCADE,
    token bigint NOT NULL,
    listener text NOT NULL,
    event text NOT NULL,
    PRIMARY KEY (deployment, token, listener, event)
);
COMMENT ON COLUMN platform.deployment_told.token IS 'the hold it was under, or 0: one that was resumed can be abandoned again';
--rollback DROP TABLE platform.deployment_told
