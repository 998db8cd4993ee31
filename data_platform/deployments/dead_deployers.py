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
# whoever released its holds by force has settled it
_END_SETTLED = """
    UPDATE platform.deployment d SET outcome = 'rollback_failed', ended_at = clock_timestamp(),
        cause = 'its deployer died while ' || replace(phase, '_', ' ') || '; its hold was released by hand'
    WHERE outcome IS NULL AND phase <> ALL(:harmless) AND phase <> 'releasing'
        AND seen_at < clock_timestamp() - :silence
        AND EXISTS (SELECT FROM platform.hold h WHERE h.deployment = CAST(d.id AS text))
        AND NOT EXISTS (SELECT FROM platform.hold h WHERE h.deployment = CAST(d.id AS text) AND h.phase <> 'ended')
"""
# a deployer gives its holds back before it ends, and dies between that nothing is in flight and that it notes so
_HELD_IN_VAIN = """
    SELECT h.id FROM platform.hold h JOIN platform.deployment d ON h.deployment = CAST(d.id AS text)
    WHERE h.phase = 'applying' AND d.outcome <> 'rollback_failed'
"""


def end(connection: Connection) -> None:
    """End deployments whose deployer died before anything was changed, or when only its own end was left to note; and
    those that were settled by hand.
    """
    harmless = [str(phase) for phase in HARMLESS]
    connection.execute(text(_END_HARMLESS), {"harmless": harmless, "silence": SILENCE})
    connection.execute(text(_END_RELEASED), {"silence": SILENCE})
    connection.execute(text(_END_SETTLED), {"harmless": harmless, "silence": SILENCE})


def held_in_vain(connection: Connection) -> list[int]:
    """Holds that keep runs waiting, though the deployment they were taken for has ended, and needs nobody."""
    return list(connection.execute(text(_HELD_IN_VAIN)).scalars())
