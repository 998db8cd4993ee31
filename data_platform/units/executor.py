"""How the steps of a unit's runs are executed: in one process, which dbt needs; and on the platform's instance."""

import dagster as dg

from data_platform.instance.past_queue import refuse_other_instance

_LIKE = dg.in_process_executor


def _executor(context: dg.InitExecutorContext) -> dg.Executor:
    refuse_other_instance(context.instance)
    create = _LIKE.executor_creation_fn
    assert create  # noqa: S101 - Dagster's own has one
    return create(context)


# in all that a job's snapshot shows it is Dagster's own
unit_executor = dg.ExecutorDefinition(
    name=_LIKE.name,
    config_schema=_LIKE.config_schema,  # type: ignore[arg-type]  # it is made of one already
    executor_creation_fn=_executor,
    description=_LIKE.description,
)
