"""The queries that read PostgreSQL's catalogue. With an empty search path every name comes out qualified."""

# ruff: noqa: S608 - only constants of the program are put together; values are bound

# in one message: a later statement sees what the first has set
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''"

# objects of the system and of extensions are nobody's here
_OURS = """
n.nspname NOT IN ('pg_catalog', 'information_schema', 'platform') AND n.nspname !~ '^pg_(toast|temp)'
AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{catalog}'::regclass AND x.objid = {oid} AND x.deptype = 'e')
"""


def _ours(catalog: str, oid: str) -> str:
    return _OURS.format(catalog=catalog, oid=oid)


SCHEMAS = f"""
SELECT n.oid, n.nspname, CASE WHEN n.nspname <> 'public' THEN obj_description(n.oid, 'pg_namespace') END
FROM pg_namespace n WHERE {_ours("pg_namespace", "n.oid")} ORDER BY n.nspname COLLATE "C"
"""

EXTENSIONS = """
SELECT e.oid, e.extname, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql' ORDER BY e.extname COLLATE "C"
"""

TYPES = f"""
SELECT t.oid, n.nspname, t.typname, t.typtype,
  CASE t.typtype
    WHEN 'e' THEN (SELECT 'ENUM (' || string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) || ')'
                   FROM pg_enum e WHERE e.enumtypid = t.oid)
    WHEN 'c' THEN (SELECT '(' || string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                     || CASE WHEN a.attcollation <> y.typcollation
                        THEN (SELECT ' COLLATE ' || quote_ident(k.nspname) || '.' || quote_ident(c.collname)
                              FROM pg_collation c JOIN pg_namespace k ON k.oid = c.collnamespace
                              WHERE c.oid = a.attcollation)
                        ELSE '' END, ', ' ORDER BY a.attnum) || ')'
                   FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
                   WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
    ELSE format_type(t.typbasetype, t.typtypmod)
      || coalesce((SELECT ' COLLATE ' || quote_ident(k.nspname) || '.' || quote_ident(c.collname)
                   FROM pg_collation c JOIN pg_namespace k ON k.oid = c.collnamespace JOIN pg_type b
                   ON b.oid = t.typbasetype WHERE c.oid = t.typcollation AND t.typcollation <> b.typcollation), '')
      || coalesce(' DEFAULT ' || t.typdefault, '') || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
      || coalesce((SELECT string_agg(' CONSTRAINT ' || quote_ident(c.conname) || ' ' || pg_get_constraintdef(c.oid), ''
                     ORDER BY c.conname COLLATE "C")
                   FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c'), '')
  END,
  obj_description(t.oid, 'pg_type')
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class r ON r.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd') OR (t.typtype = 'c' AND r.relkind = 'c')) AND {_ours("pg_type", "t.oid")}
ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"
"""

SEQUENCES = f"""
SELECT c.oid, n.nspname, c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
  s.seqcycle, s.seqcache, tn.nspname, t.relname, a.attname, obj_description(c.oid, 'pg_class')
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
  AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
LEFT JOIN pg_class t ON t.oid = d.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.deptype IS DISTINCT FROM 'i' AND {_ours("pg_class", "c.oid")}
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""

TABLES = f"""
SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, coalesce(c.reloptions, '{{}}'),
  pg_get_expr(c.relpartbound, c.oid), CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
  ARRAY(SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno),
  obj_description(c.oid, 'pg_class'), CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't'
  AND {_ours("pg_class", "c.oid")}
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""

COLUMNS = f"""
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
  pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
  CASE WHEN a.attcollation <> t.typcollation
    THEN (SELECT quote_ident(k.nspname) || '.' || quote_ident(l.collname) FROM pg_collation l
          JOIN pg_namespace k ON k.oid = l.collnamespace WHERE l.oid = a.attcollation) END,
  NOT a.attislocal OR c.relispartition, col_description(a.attrelid, a.attnum),
  s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle, s.seqcache
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_depend i ON a.attidentity <> '' AND i.refclassid = 'pg_class'::regclass AND i.refobjid = a.attrelid
  AND i.refobjsubid = a.attnum AND i.classid = 'pg_class'::regclass AND i.deptype = 'i'
LEFT JOIN pg_sequence s ON s.seqrelid = i.objid
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND {_ours("pg_class", "c.oid")}
ORDER BY a.attrelid, a.attnum
"""

CONSTRAINTS = f"""
SELECT k.conrelid, k.conname, k.contype, pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint')
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conislocal AND k.conparentid = 0
  AND NOT (c.relispartition AND k.coninhcount > 0) AND {_ours("pg_class", "c.oid")}
ORDER BY k.conrelid, k.conname COLLATE "C"
"""

INDEXES = f"""
SELECT c.oid, n.nspname, c.relname, t.relname,
  CASE WHEN t.relkind = 'p' THEN regexp_replace(pg_get_indexdef(c.oid), ' ON ONLY ', ' ON ')
    ELSE pg_get_indexdef(c.oid) END, i.indisvalid, obj_description(c.oid, 'pg_class')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND t.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
  AND {_ours("pg_class", "t.oid")}
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""

ROUTINES = f"""
SELECT p.oid, n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), p.prokind, pg_get_functiondef(p.oid),
  obj_description(p.oid, 'pg_proc')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prokind IN ('f', 'p') AND {_ours("pg_proc", "p.oid")}
ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", pg_get_function_identity_arguments(p.oid) COLLATE "C"
"""

TRIGGERS = f"""
SELECT n.nspname, c.relname, g.tgname, pg_get_triggerdef(g.oid), g.tgenabled
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND {_ours("pg_class", "c.oid")}
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", g.tgname COLLATE "C"
"""

# what is built on what, each side taken up to the table, view, function or type it is part of
NEEDS = """
WITH whole (classid, objid, top_class, top) AS (
  SELECT 'pg_rewrite'::regclass, oid, 'pg_class'::regclass, ev_class FROM pg_rewrite
  UNION ALL SELECT 'pg_attrdef'::regclass, oid, 'pg_class'::regclass, adrelid FROM pg_attrdef
  UNION ALL SELECT 'pg_constraint'::regclass, oid, 'pg_class'::regclass, conrelid FROM pg_constraint
    WHERE conrelid <> 0 AND contype <> 'f'
  UNION ALL SELECT 'pg_constraint'::regclass, oid, 'pg_type'::regclass, contypid FROM pg_constraint WHERE contypid <> 0
  UNION ALL SELECT 'pg_type'::regclass, t.oid, 'pg_class'::regclass, t.typrelid
    FROM pg_type t JOIN pg_class r ON r.oid = t.typrelid WHERE r.relkind <> 'c'
  UNION ALL SELECT 'pg_type'::regclass, t.typarray,
      CASE WHEN r.relkind IS NULL OR r.relkind = 'c' THEN 'pg_type'::regclass ELSE 'pg_class'::regclass END,
      CASE WHEN r.relkind IS NULL OR r.relkind = 'c' THEN t.oid ELSE t.typrelid END
    FROM pg_type t LEFT JOIN pg_class r ON r.oid = t.typrelid WHERE t.typarray <> 0
  UNION ALL SELECT 'pg_class'::regclass, r.oid, 'pg_type'::regclass, t.oid
    FROM pg_class r JOIN pg_type t ON t.typrelid = r.oid WHERE r.relkind = 'c'
  UNION ALL SELECT 'pg_class'::regclass, indexrelid, 'pg_class'::regclass, indexrelid FROM pg_index
)
SELECT DISTINCT coalesce(a.top_class, d.classid)::regclass::text, coalesce(a.top, d.objid),
  coalesce(b.top_class, d.refclassid)::regclass::text, coalesce(b.top, d.refobjid)
FROM pg_depend d
LEFT JOIN whole a ON a.classid = d.classid AND a.objid = d.objid
LEFT JOIN whole b ON b.classid = d.refclassid AND b.objid = d.refobjid
WHERE d.deptype IN ('n', 'a') AND d.refobjid >= 16384 AND d.objid >= 16384
  AND NOT (d.deptype = 'a' AND d.classid = 'pg_class'::regclass
           AND EXISTS (SELECT FROM pg_sequence s WHERE s.seqrelid = d.objid))
"""

# objects that are there and are not read
OTHERS = f"""
SELECT 'foreign table ' || c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'f' AND {_ours("pg_class", "c.oid")}
UNION ALL SELECT 'rule ' || r.rulename || ' on ' || c.oid::regclass::text FROM pg_rewrite r
  JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE r.rulename <> '_RETURN' AND {_ours("pg_class", "c.oid")}
UNION ALL SELECT 'row security policy ' || p.polname || ' on ' || c.oid::regclass::text FROM pg_policy p
  JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_ours("pg_class", "c.oid")}
UNION ALL SELECT 'row security of ' || c.oid::regclass::text FROM pg_class c JOIN pg_namespace n
  ON n.oid = c.relnamespace WHERE c.relrowsecurity AND {_ours("pg_class", "c.oid")}
UNION ALL SELECT CASE p.prokind WHEN 'a' THEN 'aggregate ' ELSE 'window function ' END || p.oid::regprocedure::text
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prokind IN ('a', 'w') AND {_ours("pg_proc", "p.oid")}
UNION ALL SELECT 'range type ' || t.oid::regtype::text FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE t.typtype = 'r' AND {_ours("pg_type", "t.oid")}
UNION ALL SELECT 'base type ' || t.oid::regtype::text FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE t.typtype = 'b' AND t.typelem = 0 AND {_ours("pg_type", "t.oid")}
UNION ALL SELECT 'operator ' || o.oid::regoperator::text FROM pg_operator o JOIN pg_namespace n
  ON n.oid = o.oprnamespace WHERE {_ours("pg_operator", "o.oid")}
UNION ALL SELECT 'extended statistics ' || n.nspname || '.' || s.stxname FROM pg_statistic_ext s
  JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE {_ours("pg_statistic_ext", "s.oid")}
UNION ALL SELECT 'collation ' || n.nspname || '.' || k.collname FROM pg_collation k
  JOIN pg_namespace n ON n.oid = k.collnamespace WHERE {_ours("pg_collation", "k.oid")}
UNION ALL SELECT 'text search configuration ' || n.nspname || '.' || k.cfgname FROM pg_ts_config k
  JOIN pg_namespace n ON n.oid = k.cfgnamespace WHERE {_ours("pg_ts_config", "k.oid")}
UNION ALL SELECT 'event trigger ' || e.evtname FROM pg_event_trigger e WHERE NOT EXISTS (
  SELECT FROM pg_depend x WHERE x.classid = 'pg_event_trigger'::regclass AND x.objid = e.oid AND x.deptype = 'e')
UNION ALL SELECT 'publication ' || p.pubname FROM pg_publication p
UNION ALL SELECT 'foreign server ' || s.srvname FROM pg_foreign_server s
ORDER BY 1
"""
