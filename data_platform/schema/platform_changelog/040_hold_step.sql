--liquibase formatted sql

--changeset data_platform:hold-step
--comment Runs in flight whose next step waits for a hold, and since when each of them has stood still
CREATE TABLE IF NOT EXISTS platform.hold_step (
    hold bigint NOT NULL REFERENCES platform.hold (id) ON DELETE CASCADE,
    run_id text NOT NULL,
    stopped_at timestamptz,
    PRIMARY KEY (hold, run_id)
);
COMMENT ON COLUMN platform.hold_step.stopped_at IS
    'when the run was first told to wait; null while one of its steps may be executing. Only the run itself writes it';
CREATE INDEX IF NOT EXISTS hold_step_run ON platform.hold_step (run_id);
--rollback DROP TABLE platform.hold_step
