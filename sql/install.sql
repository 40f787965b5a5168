--
-- The objects of CREATE EXTENSION, and their privileges
--
CREATE EXTENSION glue_conn;

-- every object of the extension that has a name of its own
SELECT pg_describe_object(classid, objid, objsubid) COLLATE "C" AS object
  FROM pg_depend
 WHERE refclassid = 'pg_extension'::regclass
   AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'glue_conn')
   AND deptype = 'e'
   AND classid IN ('pg_proc'::regclass, 'pg_class'::regclass,
                   'pg_foreign_data_wrapper'::regclass,
                   'pg_event_trigger'::regclass)
 ORDER BY 1;

-- no object without a comment
SELECT pg_describe_object(classid, objid, objsubid) AS object
  FROM pg_depend
 WHERE refclassid = 'pg_extension'::regclass
   AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'glue_conn')
   AND deptype = 'e'
   AND classid IN ('pg_proc'::regclass, 'pg_class'::regclass,
                   'pg_foreign_data_wrapper'::regclass,
                   'pg_event_trigger'::regclass)
   AND obj_description(objid, classid::regclass::name) IS NULL;
SELECT attrelid::regclass, attname
  FROM pg_attribute
 WHERE attrelid IN ('glue_connection'::regclass, 'glue_request'::regclass)
   AND attnum > 0 AND col_description(attrelid, attnum) IS NULL;

-- the effects of a function decide its volatility, parallel safety and privileges
SELECT p.proname, p.provolatile, p.proparallel, p.proisstrict,
       has_function_privilege('public', p.oid, 'EXECUTE') AS public
  FROM pg_proc p
  JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
 WHERE d.refclassid = 'pg_extension'::regclass
   AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'glue_conn')
 ORDER BY p.proname COLLATE "C";
SELECT has_table_privilege('public', 'glue_connection', 'SELECT') AS public;

-- the table is dumped, so that its records survive
SELECT extconfig::regclass[] FROM pg_extension WHERE extname = 'glue_conn';
-- and no row of it is left out of the dump of a role that may not see all
SELECT relrowsecurity FROM pg_class WHERE oid = 'glue_connection'::regclass;

-- a schema of its own, whose name needs quotes
DROP EXTENSION glue_conn;
CREATE SCHEMA "Control Plane";
CREATE EXTENSION glue_conn SCHEMA "Control Plane";
SELECT "Control Plane".glue_redact('{"PASSWORD": "x"}');
SELECT count(*) FROM "Control Plane".glue_connection;
ALTER EXTENSION glue_conn SET SCHEMA public;
DROP EXTENSION glue_conn;
DROP SCHEMA "Control Plane";
CREATE EXTENSION glue_conn;
