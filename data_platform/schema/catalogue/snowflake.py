"""Snowflake's catalogue: the queries only. They were never run on a real account."""

TABLES = """
SELECT table_schema, table_name, table_type, comment FROM information_schema.tables
WHERE table_schema <> 'INFORMATION_SCHEMA' ORDER BY 1, 2
"""

COLUMNS = """
SELECT table_schema, table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale,
  is_nullable, column_default, is_identity, comment
FROM information_schema.columns WHERE table_schema <> 'INFORMATION_SCHEMA' ORDER BY 1, 2, ordinal_position
"""

CONSTRAINTS = """
SELECT table_schema, table_name, constraint_name, constraint_type FROM information_schema.table_constraints
WHERE table_schema <> 'INFORMATION_SCHEMA' ORDER BY 1, 2, 3
"""

VIEWS = """
SELECT table_schema, table_name, view_definition, comment FROM information_schema.views
WHERE table_schema <> 'INFORMATION_SCHEMA' ORDER BY 1, 2
"""

SEQUENCES = """
SELECT sequence_schema, sequence_name, start_value, "INCREMENT" FROM information_schema.sequences
WHERE sequence_schema <> 'INFORMATION_SCHEMA' ORDER BY 1, 2
"""

# the name of the database and of the schema, quoted, is put in; GET_DDL gives everything that a changelog needs
DDL = "SELECT GET_DDL('{kind}', '{name}', TRUE)"

QUERIES = {"tables": TABLES, "columns": COLUMNS, "constraints": CONSTRAINTS, "views": VIEWS, "sequences": SEQUENCES}
