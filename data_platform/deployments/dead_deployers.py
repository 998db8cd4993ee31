"""Deployments whose deployer died without harm: the ledger notes their end. Others are left for a person to settle."""

from sqlalchemy import text
from sqlalchemy.engine import Connection

from data_platform.deployments.deployment import SILENCE
from data_platform.deployments.phases import HARMLESS

_END_HARMLESS = """
    UPDATE platform.deployment SET outcome = 'failed', ended_at = clock_timestamp(),
        cause = 'its deployer died while ' || phase || '; nothing was changed'
    WHERE outcome IS NULL AND phase = ANY(:harmless) AND seen_at < clock_timestamp() - :silence
"""
# who died after its last hold was released had done everything else; the phase before tells what that was
_END_RELEASED = """
    UPDATE platform.deployment d SET
        ended_at = clock_timestamp(),
        outcome = CASE last.phase WHEN 'verifying' THEN 'succeeded' WHEN 'rolling_back' THEN 'failed_and_rolled_back'
            ELSE 'failed' END,
        phase = CASE last.phase WHEN 'verifying' THEN 'done' ELSE d.phase END,
        cause = CASE last.phase WHEN 'verifying' THEN NULL ELSE 'its deployer died when that was done' END
    FROM (SELECT DISTINCT ON (deployment) deployment, phase FROM platform.deployment_phase WHERE phase <> 'releasing'
          ORDER BY deployment, position DESC) last
    WHERE last.deployment = d.id AND d.outcome IS NULL AND d.phase = 'releasing'
        AND d.seen_at < clock_timestamp() - :silence AND NOT EXISTS (
            SELECT FROM platform.hold h WHERE h.deployment = CAST(d.id AS text)
            AND (h.phase = 'applying' OR (h.phase <> 'ended' AND h.expires_at > clock_timestamp())))
"""


def end(connection: Connection) -> None:
    """End deployments whose deployer died before anything was changed, or when only its own end was left to note."""
    connection.execute(text(_END_HARMLESS), {"harmless": [str(phase) for phase in HARMLESS], "silence": SILENCE})
    connection.execute(text(_END_RELEASED), {"silence": SILENCE})
