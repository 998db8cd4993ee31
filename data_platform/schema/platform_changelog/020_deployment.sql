--liquibase formatted sql

--changeset data_platform:deployment
--comment The ledger of deployments: one row an attempt, whatever became of it
CREATE TABLE IF NOT EXISTS platform.deployment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    units text[] NOT NULL,
    environment text NOT NULL,
    owner text NOT NULL,
    reason text NOT NULL,
    link text,
    asked_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ended_at timestamptz,
    phase text NOT NULL,
    outcome text CHECK (outcome IN ('succeeded', 'failed', 'failed_and_rolled_back', 'rollback_failed', 'superseded')),
    cause text,
    token bigint,
    commit text,
    uncommitted boolean NOT NULL DEFAULT false,
    submodules jsonb NOT NULL DEFAULT '{}',
    before jsonb NOT NULL DEFAULT '{}',
    after jsonb NOT NULL DEFAULT '{}',
    manifests jsonb NOT NULL DEFAULT '{}',
    changesets jsonb NOT NULL DEFAULT '{}',
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
COMMENT ON COLUMN platform.deployment.seen_at IS 'when its deployer last showed that it lives';
COMMENT ON COLUMN platform.deployment.token IS 'fencing token: the hold under which it may be written to; null before there is one';
COMMENT ON COLUMN platform.deployment.submodules IS 'commit of each submodule, by path';
COMMENT ON COLUMN platform.deployment.before IS 'version of each unit that was served';
COMMENT ON COLUMN platform.deployment.after IS 'version of each unit that is to be served';
COMMENT ON COLUMN platform.deployment.manifests IS 'hash of each unit''s prepared dbt project';
COMMENT ON COLUMN platform.deployment.changesets IS 'schema changesets that ran, by unit, oldest first';
CREATE INDEX IF NOT EXISTS deployment_open ON platform.deployment (id) WHERE outcome IS NULL;
--rollback DROP TABLE platform.deployment

--changeset data_platform:deployment-phase
--comment When each phase of a deployment began; it ended when the next one did
CREATE TABLE IF NOT EXISTS platform.deployment_phase (
    deployment bigint NOT NULL REFERENCES platform.deployment (id) ON DELETE CASCADE,
    position integer NOT NULL,
    phase text NOT NULL,
    began_at timestamptz NOT NULL,
    PRIMARY KEY (deployment, position)
);
--rollback DROP TABLE platform.deployment_phase

--changeset data_platform:deployment-settling
--comment What somebody needs who settles a deployment after its deployer died
ALTER TABLE platform.deployment
    ADD COLUMN IF NOT EXISTS smoke text[] NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS allow text[] NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS undoes bigint REFERENCES platform.deployment (id),
    ADD COLUMN IF NOT EXISTS intended jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN platform.deployment.smoke IS 'what is run to verify it';
COMMENT ON COLUMN platform.deployment.allow IS 'lint findings consented to';
COMMENT ON COLUMN platform.deployment.undoes IS 'the deployment whose units this one brings back';
COMMENT ON COLUMN platform.deployment.intended IS
    'by unit, before its schema is touched: changesets that were to run, and orderexecuted of the last that had run';
--rollback ALTER TABLE platform.deployment DROP COLUMN smoke, DROP COLUMN allow, DROP COLUMN undoes, DROP COLUMN intended

--changeset data_platform:deployment-image
--comment The container image that a deployer ran in
ALTER TABLE platform.deployment ADD COLUMN IF NOT EXISTS image text;
--rollback ALTER TABLE platform.deployment DROP COLUMN image
