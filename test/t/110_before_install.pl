# Copyright (c) 2026, glue_conn contributors
#
# Objects that existed before CREATE EXTENSION.
#
# The owner of the schema, or of the database, may have created objects in it
# that are a better match than PostgreSQL's own functions, operators, types and
# casts, or that look the same, before a superuser installs the extension and
# uses it.  None of them is ever executed or referenced; and if a name is
# taken, the installation fails.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1);
my $admin = $cluster->session;

$admin->must('CREATE ROLE mallory LOGIN');

# The actions of a hostile function with the rights of its caller.  The
# sequence also records rolled-back ones.
my $traps = <<'SQL';
CREATE SEQUENCE runs;
CREATE TABLE ran (function pg_catalog.text, by_role pg_catalog.text);
GRANT ALL ON SEQUENCE runs TO PUBLIC;
GRANT ALL ON TABLE ran TO PUBLIC;

CREATE FUNCTION trap(head pg_catalog.text, result pg_catalog.text)
RETURNS void LANGUAGE plpgsql AS $trap$
BEGIN
	EXECUTE pg_catalog.format($create$
CREATE FUNCTION %1$s RETURNS %2$s LANGUAGE plpgsql AS $body$
BEGIN
	PERFORM pg_catalog.nextval('@.runs');
	INSERT INTO @.ran VALUES (%3$L, current_user);
	BEGIN
		ALTER ROLE mallory SUPERUSER;
	EXCEPTION WHEN OTHERS THEN
		NULL;
	END;
	RETURN%4$s;
END $body$
$create$, head, result, head,
		CASE WHEN result ~ '^(SETOF|TABLE|void)' THEN '' ELSE ' NULL' END);
END $trap$;

-- a twin of everything that PostgreSQL has and PL/pgSQL can have
DO $$
DECLARE
	f record;
BEGIN
	FOR f IN SELECT pg_catalog.format('%I(%s)', proname,
				pg_catalog.pg_get_function_identity_arguments(oid)) AS head,
			pg_catalog.pg_get_function_result(oid) AS result
		FROM pg_catalog.pg_proc
		WHERE pronamespace = 'pg_catalog'::pg_catalog.regnamespace
			AND prokind = 'f'
	LOOP
		BEGIN
			PERFORM trap(f.head, f.result);
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
	FOR f IN SELECT oprname, oprleft::pg_catalog.regtype AS l,
			oprright::pg_catalog.regtype AS r,
			oprresult::pg_catalog.regtype AS result,
			pg_catalog.format('twin_%s', oid) AS function
		FROM pg_catalog.pg_operator
		WHERE oprnamespace = 'pg_catalog'::pg_catalog.regnamespace
			AND oprkind = 'b'
	LOOP
		BEGIN
			PERFORM trap(pg_catalog.format('%s(%s, %s)', f.function, f.l, f.r),
				f.result::pg_catalog.text);
			EXECUTE pg_catalog.format('CREATE OPERATOR @.%s'
				'(FUNCTION = %s, LEFTARG = %s, RIGHTARG = %s)',
				f.oprname, f.function, f.l, f.r);
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
END $$;

-- better matches: for all operands that we have, also where one is a literal;
-- but if that were taken for JSON, nothing could be created, or be trapped
DO $$
DECLARE
	t pg_catalog.text[] := '{text,name,varchar,bpchar,text[],name[],jsonb,
		bytea,int2,int4,int8,oid,regrole,xid8,bool,timestamptz,anyelement}';
	o record;
	n pg_catalog.int4 := 0;
BEGIN
	FOR o IN SELECT name, result, l, r
		FROM (VALUES ('||', 'text'), ('->>', 'text'), ('->', 'jsonb'),
				('?', 'bool'), ('?|', 'bool'), ('=', 'bool'),
				('<>', 'bool'), ('<', 'bool'), ('>', 'bool'),
				('<=', 'bool'), ('>=', 'bool')) AS operators (name, result),
			pg_catalog.unnest(t) AS l, pg_catalog.unnest(t) AS r
		WHERE NOT (l = 'jsonb' AND r = 'jsonb')
	LOOP
		n := n + 1;
		BEGIN
			PERFORM trap(pg_catalog.format('better_%s(%s, %s)', n, o.l, o.r),
				o.result);
			EXECUTE pg_catalog.format('CREATE OPERATOR @.%s'
				'(FUNCTION = better_%s, LEFTARG = %s, RIGHTARG = %s)',
				o.name, n, o.l, o.r);
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
	FOR o IN SELECT pg_catalog.format(head, a) AS head, result
		FROM (VALUES ('"left"(%s, int4)', 'text'), ('"left"(%s, int8)', 'text'),
				('substr(%s, int4)', 'text'), ('substr(%s, int8)', 'text'),
				('"coalesce"(%s, %1$s)', 'text'), ('length(%s)', 'int4'),
				('to_char(%s, text)', 'text'), ('text(%s)', 'text'),
				('pg_has_role(%s, text)', 'bool'), ('sha256(%s)', 'bytea'),
				('timestamptz(%s, int4)', 'timestamptz'),
				('pg_extension_config_dump(%s, text)', 'void'))
				AS functions (head, result),
			pg_catalog.unnest(t) AS a
	LOOP
		BEGIN
			PERFORM trap(o.head, o.result);
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
END $$;

-- aggregates, of which PostgreSQL's own are polymorphic, or not
SELECT trap('step(int8)', 'int8'), trap('step(int8, text)', 'int8'),
	trap('step(text[], text)', 'text[]'), trap('step(bool, bool)', 'bool'),
	trap('step(timestamptz, timestamptz)', 'timestamptz');
CREATE AGGREGATE count(*) (SFUNC = step, STYPE = int8);
CREATE AGGREGATE count(text) (SFUNC = step, STYPE = int8);
CREATE AGGREGATE array_agg(text) (SFUNC = step, STYPE = text[]);
CREATE AGGREGATE bool_or(bool) (SFUNC = step, STYPE = bool);
CREATE AGGREGATE min(timestamptz) (SFUNC = step, STYPE = timestamptz);
CREATE AGGREGATE max(timestamptz) (SFUNC = step, STYPE = timestamptz);

-- types of the same names, with casts to them
CREATE TYPE @.text AS (a pg_catalog.int4);
CREATE TYPE @.jsonb AS ENUM ('a');
CREATE TYPE @.name AS (a pg_catalog.int4);
CREATE TYPE @.regrole AS (a pg_catalog.int4);
CREATE DOMAIN @.timestamptz AS pg_catalog.text;
SELECT trap('check_value(int4)', 'bool');
CREATE DOMAIN @.bytea AS pg_catalog.int4 CHECK (@.check_value(VALUE));
DO $$
DECLARE
	c record;
BEGIN
	FOR c IN SELECT source, target,
			pg_catalog.format('cast_%s_%s', source, target) AS function
		FROM pg_catalog.unnest('{text,jsonb,name,regrole}'::pg_catalog.text[])
				AS source,
			pg_catalog.unnest('{text,jsonb,name,regrole}'::pg_catalog.text[])
				AS target
	LOOP
		PERFORM trap(pg_catalog.format('%s(pg_catalog.%s)',
			c.function, c.source), '@.' || c.target);
		EXECUTE pg_catalog.format('CREATE CAST (pg_catalog.%1$s AS @.%2$s)'
			' WITH FUNCTION %3$s(pg_catalog.%1$s) AS IMPLICIT',
			c.source, c.target, c.function);
	END LOOP;
	PERFORM trap('join_texts(@.text, @.text)', 'pg_catalog.text');
	CREATE OPERATOR @.|| (FUNCTION = join_texts,
		LEFTARG = @.text, RIGHTARG = @.text);
END $$;
SQL

# Objects that depend on mallory's and are not hers.
my $bound = <<'SQL';
WITH hers (classid, objid) AS (
	SELECT 'pg_proc'::regclass, oid FROM pg_proc
	WHERE proowner = 'mallory'::regrole
	UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator
	WHERE oprowner = 'mallory'::regrole
	UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type
	WHERE typowner = 'mallory'::regrole
	UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_class
	WHERE relowner = 'mallory'::regrole
	UNION ALL SELECT 'pg_cast'::regclass, c.oid FROM pg_cast c
		JOIN pg_type t ON t.oid = casttarget
	WHERE typowner = 'mallory'::regrole
	UNION ALL SELECT 'pg_constraint'::regclass, c.oid FROM pg_constraint c
		JOIN pg_type t ON t.oid = contypid
	WHERE typowner = 'mallory'::regrole)
SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)
	|| ' on ' || pg_describe_object(refclassid, refobjid, refobjsubid)
FROM pg_depend d JOIN hers h ON h.classid = refclassid AND h.objid = refobjid
WHERE (d.classid, d.objid) NOT IN (SELECT * FROM hers) ORDER BY 1
SQL

# A superuser with a safe search_path, which is necessary in a database like
# this.
sub superuser
{
	my ($database) = @_;

	return $cluster->session(database => $database,
		settings => { search_path => 'pg_catalog' });
}

# Nothing of mallory's was run so far.
sub not_run
{
	my ($session, $schema, $what) = @_;

	is( $session->must("SELECT is_called FROM $schema.runs")->output, 'f',
		"$what: nothing of mallory's was run")
	  or diag($session->must("SELECT DISTINCT * FROM $schema.ran")->output);
	is( $session->must("SELECT rolsuper FROM pg_roles"
			  . " WHERE rolname = 'mallory'")->output, 'f',
		'and she is no superuser');
}

# Use all that can be used, and have the queue processed.
sub use_extension
{
	my ($session, $schema, $prefix) = @_;
	my $cast = sub { literal(json_text($_[0])) . '::pg_catalog.jsonb' };
	my $input = sub { $cast->(jdbc("$prefix$_[0]",
		ConnectionProperties => {
			JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', SECRET_ID => 's' })) };
	my $call = sub { $session->must("SELECT * FROM $schema.$_[0]")->output };

	$call->('glue_validate_connection_input(' . $input->('a') . ')');
	$call->('glue_is_valid_connection_input(' . $input->('a') . ')');
	$call->('glue_redact(' . $input->('a') . ')');
	$call->("glue_jdbc_connection_input('x', 'jdbc:mysql://h/d', 's')");
	$call->("glue_connection_input_for_this_database(host => 'h.example')");

	is($call->('glue_create_connection(' . $input->('a') . ')'),
		'READY', "$prefix: create");
	$call->("glue_get_connection('${prefix}a')");
	$call->('glue_get_connections()');
	$call->("glue_update_connection('${prefix}a', " . $input->('a') . ')');
	$call->("glue_tag_connection('${prefix}a', "
		  . $cast->({ team => 'x' }) . ')');
	$call->("glue_get_connection_tags('${prefix}a')");
	$call->("glue_untag_connection('${prefix}a', '{team}')");
	$call->("glue_wait_connection('${prefix}a')");
	$call->('glue_create_connections(ARRAY[' . $input->('b') . '])');
	$call->('glue_connection_drift()');
	$call->('glue_sync_connections()');
	$call->("glue_delete_connection('${prefix}a')");
	$call->("glue_batch_delete_connection('{${prefix}b}')");
	$session->must('BEGIN');
	$call->('glue_create_connection(' . $input->('undone') . ')');
	$session->must('ROLLBACK');

	my $id = $call->('glue_enqueue_create_connection('
		  . $input->('c') . ", server => 'target')");
	$session->must("CALL $schema.glue_process_requests()");
	is($call->("glue_wait_request($id)"), 'succeeded', 'and the queue is processed');
	$id = $call->("glue_enqueue_update_connection('${prefix}c', "
		  . $input->('c') . ", server => 'target')");
	is($call->("glue_wait_request($id)"),
		'succeeded', 'a worker processes it');
	$call->("glue_$_") foreach qw(connection_summary request_summary
	  worker_summary connection request);
	return;
}

# Fill a schema as mallory, install the extension there, and use it.
sub round
{
	my ($what, $database, $schema) = @_;
	my $mallory = $cluster->session(database => $database, user => 'mallory',
		settings => { search_path => $schema });
	my $session = superuser($database);

	$mallory->must($traps =~ s/@\./$schema./gr);
	cmp_ok($session->must('SELECT count(*) FROM pg_proc'
			  . " WHERE proowner = 'mallory'::regrole")->output,
		'>', 4000, "$what: she has laid traps");
	cmp_ok($session->must('SELECT count(*) FROM pg_operator'
			  . " WHERE oprowner = 'mallory'::regrole")->output,
		'>', 2000, 'of all kinds');
	not_run($session, $schema, 'before');

	$session->must("CREATE EXTENSION glue_conn SCHEMA $schema");
	not_run($session, $schema, 'CREATE EXTENSION');
	is($session->must($bound)->output, '', "and nothing refers to her objects");

	$session->must('CREATE SERVER target FOREIGN DATA WRAPPER glue_conn'
		  . " OPTIONS (region 'eu-west-1')");
	use_extension($session, $schema, "$database-");
	not_run($session, $schema, 'using it');

	# the caller's search_path is nobody's
	$session->must("SET search_path = $schema, pg_catalog");
	use_extension($session, $schema, "$database-again-");
	$session->must('SET search_path = pg_catalog');
	not_run($session, $schema, 'using it with a hostile search_path');
	is($session->must($bound)->output, '', 'and nothing refers to hers still');

	# an executed trap would have been detected
	$session->must("SELECT $schema.check_value(1)");
	is($session->must("SELECT by_role = current_user FROM $schema.ran"
			  . " WHERE function ~ 'check_value'")->output, 't',
		'but her traps work');
	is($session->must("SELECT is_called AND rolsuper FROM $schema.runs, pg_roles"
			  . " WHERE rolname = 'mallory'")->output, 't',
		'and would have made her a superuser');
	$session->must('ALTER ROLE mallory NOSUPERUSER');
	$_->quit foreach $mallory, $session;
}

#
# The owner of the schema
#
$admin->must('CREATE DATABASE one');
my $one = superuser('one');
$one->must('CREATE SCHEMA hers AUTHORIZATION mallory');
round('the owner of the schema', 'one', 'hers');

#
# The owner of the database, and everyone's search_path
#
$admin->must('CREATE DATABASE two OWNER mallory');
$admin->must('ALTER DATABASE two SET search_path = public, pg_catalog');
round('the owner of the database', 'two', 'public');

#
# Names that are taken
#
sub refused
{
	my ($name, $sql, $sqlstate) = @_;
	my $mallory = $cluster->session(database => 'one', user => 'mallory');
	my $objects = "SELECT count(*) FROM pg_depend d"
	  . " WHERE refclassid = 'pg_namespace'::regclass"
	  . " AND refobjid = '$name'::regnamespace";

	$one->must("CREATE SCHEMA $name AUTHORIZATION mallory");
	$mallory->must("SET search_path = $name; $sql");
	my $before = $one->must($objects)->output;
	is($one->query("CREATE EXTENSION glue_conn SCHEMA $name")->sqlstate,
		$sqlstate, "$name: refused");
	is($one->must($objects)->output, $before, 'and nothing is left of it');
	is( $one->must('SELECT count(*) FROM pg_extension'
			  . " WHERE extname = 'glue_conn'")->output,
		0, 'nor of the extension');
	$mallory->quit;
}

$one->must('DROP EXTENSION glue_conn CASCADE');
refused('taken_table', 'CREATE TABLE glue_connection (name text)', '42P07');
refused('taken_view', 'CREATE VIEW glue_request_summary AS SELECT 1', '42P07');
refused('taken_function', 'CREATE FUNCTION glue_redact(jsonb) RETURNS jsonb'
	  . " LANGUAGE sql AS 'SELECT NULL::jsonb'", '42723');

# PostgreSQL rejects a schema whose name could be more than a name.
$one->must('CREATE SCHEMA "odd""schema"');
like($one->query('CREATE EXTENSION glue_conn SCHEMA "odd""schema"')->message,
	qr/must not contain any of/, 'a schema with a quote in its name');

$_->quit foreach $one, $admin;
$cluster->finish;
done_testing();
