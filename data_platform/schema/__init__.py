"""Schema deploys in Liquibase's format: changelogs, checksums, deploy, rollback, drift, alignment."""
