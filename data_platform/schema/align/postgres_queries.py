"""What alignment asks PostgreSQL's catalogue; `read` fills in the names in scope."""

# ruff: noqa: S608 - what is put into these queries are constants

ROLES = """
SELECT rolname, rolcanlogin, rolinherit, rolcreatedb, rolconnlimit, coalesce(shobj_description(oid, 'pg_authid'), ''),
       rolsuper OR rolreplication OR rolbypassrls OR rolcreaterole
FROM pg_roles WHERE rolname = ANY(%s)"""

DATABASES = """
SELECT datname, pg_get_userbyid(datdba), datconnlimit, coalesce(shobj_description(oid, 'pg_database'), '')
FROM pg_database WHERE datname = ANY(%s)"""

SCHEMAS = """
SELECT nspname, pg_get_userbyid(nspowner), coalesce(obj_description(oid, 'pg_namespace'), '')
FROM pg_namespace WHERE nspname = ANY(%s)"""

_IN_SCOPE = """(n.nspname = ANY(%(whole)s) OR
    (n.nspname, c.relname) IN (SELECT * FROM unnest(%(schemas)s::text[], %(names)s::text[])))"""

RELATIONS = f"""
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'm', 'v', 'S') AND {_IN_SCOPE}"""

VIEWS = """
SELECT c.oid, pg_get_viewdef(c.oid), coalesce(obj_description(c.oid, 'pg_class'), ''), c.reloptions,
       ARRAY(SELECT quote_ident(attname) || ' ' || format_type(atttypid, atttypmod)
                    || CASE WHEN attcollation IN (0, 100) THEN '' ELSE ' collation ' || attcollation::regcollation END
             FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum)
FROM pg_class c WHERE c.oid = ANY(%s)"""

READERS = """
SELECT DISTINCT v.oid, n.nspname, r.relname, r.relkind
FROM pg_depend d
JOIN pg_rewrite w ON w.oid = d.objid JOIN pg_class r ON r.oid = w.ev_class
JOIN pg_namespace n ON n.oid = r.relnamespace JOIN pg_class v ON v.oid = d.refobjid
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
  AND v.oid = ANY(%s) AND r.oid <> v.oid"""

# members of the roles in scope, and which roles those are in themselves: there must be no circle
MEMBERS = """
WITH RECURSIVE above (oid) AS (
  SELECT oid FROM pg_roles WHERE rolname = ANY(%(groups)s)
  UNION SELECT m.roleid FROM pg_auth_members m JOIN above ON m.member = above.oid
)
SELECT g.rolname, m.rolname, b.rolname, a.admin_option, {options}
FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
LEFT JOIN pg_roles b ON b.oid = a.grantor
WHERE g.rolname = ANY(%(groups)s) OR m.oid IN (SELECT oid FROM above)"""

# who holds what, but an owner; a NULL list of privileges means those that the system gives at the beginning
_HELD = """CASE x.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(x.grantee) END, x.privilege_type, x.is_grantable,
       CASE x.grantor WHEN {owner} THEN NULL ELSE pg_get_userbyid(x.grantor) END"""
_LEAVING = "(x.grantee = ANY(%(leaving)s::oid[]) OR x.grantor = ANY(%(leaving)s::oid[]))"

ON_DATABASES = f"""
SELECT d.datname, {_HELD.format(owner="d.datdba")}
FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x
WHERE x.grantee <> d.datdba AND (d.datname = ANY(%(databases)s) OR {_LEAVING})"""

ON_SCHEMAS = f"""
SELECT n.nspname, {_HELD.format(owner="n.nspowner")}
FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x
WHERE x.grantee <> n.nspowner AND (n.nspname = ANY(%(in_scope)s) OR {_LEAVING})"""

ON_RELATIONS = f"""
SELECT n.nspname, c.relname, c.relkind, {_HELD.format(owner="c.relowner")}
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) x
WHERE c.relkind IN ('r', 'p', 'f', 'm', 'v', 'S') AND x.grantee <> c.relowner AND ({_IN_SCOPE} OR {_LEAVING})"""

ON_FUTURE = f"""
SELECT coalesce(n.nspname, ''), d.defaclobjtype, pg_get_userbyid(d.defaclrole), {_HELD.format(owner="d.defaclrole")}
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) x
WHERE (x.grantee <> d.defaclrole OR d.defaclnamespace <> 0) AND d.defaclobjtype IN ('r', 'S', 'n')
  AND (n.nspname = ANY(%(in_scope)s) OR d.defaclrole = ANY(%(leaving)s::oid[]) OR {_LEAVING}
       OR d.defaclnamespace = 0 AND pg_get_userbyid(d.defaclrole) = ANY(%(makers)s))"""
