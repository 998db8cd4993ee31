"""`dp schema`: deploys of changelogs in Liquibase's format, to PostgreSQL, DuckDB and Snowflake."""

import typer

app = typer.Typer(help="Schema deploys in Liquibase's format.", no_args_is_help=True)

# commands in the order of the help, and the module each is in
COMMANDS = {
    "plan": "data_platform.cli.schema_deploying",
    "deploy": "data_platform.cli.schema_deploying",
    "status": "data_platform.cli.schema_deploying",
    "sql": "data_platform.cli.schema_deploying",
    "validate": "data_platform.cli.schema_keeping",
    "tag": "data_platform.cli.schema_keeping",
    "rollback": "data_platform.cli.schema_deploying",
    "history": "data_platform.cli.schema_keeping",
    "baseline": "data_platform.cli.schema_keeping",
    "unlock": "data_platform.cli.schema_keeping",
    "diff": "data_platform.cli.schema_keeping",
    "align": "data_platform.cli.schema_align",
}
