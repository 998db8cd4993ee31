--liquibase formatted sql

--changeset data_platform:hold
--comment A hold is a lease on the run queue; its number, which only grows, is its fencing token
CREATE TABLE IF NOT EXISTS platform.hold (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request uuid NOT NULL,
    scope text NOT NULL CHECK (scope <> ''),
    phase text NOT NULL CHECK (phase IN ('waiting', 'draining', 'applying', 'ended')),
    reason text NOT NULL,
    owner text NOT NULL,
    link text,
    deployment text,
    asked_at timestamptz NOT NULL,
    held_since timestamptz,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text,
    last_run bigint
);
COMMENT ON COLUMN platform.hold.request IS 'holds that were asked for together are granted together';
COMMENT ON COLUMN platform.hold.scope IS 'a code location, or * for all';
COMMENT ON COLUMN platform.hold.last_run IS 'runs.id of the last run there was when it ended: those that waited go first';
CREATE UNIQUE INDEX IF NOT EXISTS hold_asked_once ON platform.hold (request, scope);
CREATE UNIQUE INDEX IF NOT EXISTS hold_held_once ON platform.hold (scope) WHERE phase IN ('draining', 'applying');
CREATE INDEX IF NOT EXISTS hold_not_ended ON platform.hold (id) WHERE phase <> 'ended';
CREATE INDEX IF NOT EXISTS hold_ended ON platform.hold (ended_at) WHERE phase = 'ended';
--rollback DROP TABLE platform.hold

--changeset data_platform:hold-exemption
--comment A ticket lets one run start in spite of one hold; copied to another run it is worth nothing
CREATE TABLE IF NOT EXISTS platform.hold_exemption (
    ticket_hash text PRIMARY KEY,
    hold bigint NOT NULL REFERENCES platform.hold (id) ON DELETE CASCADE,
    run_id text UNIQUE
);
CREATE INDEX IF NOT EXISTS hold_exemption_hold ON platform.hold_exemption (hold);
--rollback DROP TABLE platform.hold_exemption

--changeset data_platform:hold-told
--comment Which waiting run has been told of which hold
CREATE TABLE IF NOT EXISTS platform.hold_told (
    hold bigint NOT NULL REFERENCES platform.hold (id) ON DELETE CASCADE,
    run_id text NOT NULL,
    PRIMARY KEY (hold, run_id)
);
--rollback DROP TABLE platform.hold_told
