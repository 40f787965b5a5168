# Copyright (c) 2026, glue_conn contributors
#
# Indexes that administrators put on our tables: of every kind, they know every
# row, from any way of writing, and the server does not crash.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, secret_key => 1);
my $session = $cluster->session;
my $admin = $cluster->session;
my $number = 0;

$session->must(<<'SQL');
CREATE EXTENSION amcheck;
CREATE FUNCTION loud(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN upper($1);
END $$;
CREATE FUNCTION quiet(text) RETURNS text IMMUTABLE SECURITY DEFINER LANGUAGE sql
	AS 'SELECT lower($1)';
SQL
make_source($session);
$session->must('ALTER TABLE source REPLICA IDENTITY FULL');

sub new_name { return 'indexed ' . ++$number; }

sub described { return map { jdbc($_, Description => "of $_") } @_; }

# Write rows in every way there is, more than once in a session, and change them.
# between is done again and again, by somebody else.
sub write_rows
{
	my ($between) = @_;
	my @name = map { new_name() } 0 .. 8;

	$between //= sub { };
	foreach (@name[ 0 .. 2 ])
	{
		$session->must(create_sql(jdbc($_)));
		$between->();
	}
	$session->must(update_sql(jdbc($name[0], Description => 'other')));
	$session->must(create_many_sql('count(*)', [ described(@name[ 3 .. 5 ]) ]));
	$between->();
	$session->must(create_many_sql('count(*)', [ described(@name[ 3 .. 5 ]) ],
		on_conflict => 'update'));
	$session->must('BEGIN; SAVEPOINT s; ' . create_sql(jdbc(new_name()))
		  . '; ROLLBACK TO s; COMMIT');
	$session->must('BEGIN ISOLATION LEVEL SERIALIZABLE; '
		  . create_sql(jdbc(new_name())) . '; COMMIT');
	$session->must(row_sql($_)) foreach described(@name[ 6 .. 7 ]);
	$between->();
	$session->must(q{UPDATE source SET connection_input = connection_input
		|| '{"Description": "changed"}'});
	$session->must(delete_sql($name[1]));
	my $id = enqueue($session, jdbc($name[8]));
	is(end_of($session, $id), 'succeeded',
		'the queue continues');
	$session->must('DELETE FROM source');
	wait_until_ended($admin);
	return;
}

# Every row of a table must be found through an index.
sub check_index
{
	my ($what, $table, $index, $condition) = @_;
	my $count = "SELECT count(*) FROM $table WHERE $condition";

	# the planner must have no other index
	$session->must("BEGIN; ALTER TABLE $table DROP CONSTRAINT IF EXISTS ${table}_key,"
		  . " DROP CONSTRAINT IF EXISTS ${table}_pkey");
	my $by_index = $session->must("SET enable_seqscan = off; $count")->output;
	like($session->must("EXPLAIN (COSTS off) $count")->output, qr/\b$index\b/,
		"$what: the index is used");
	my $by_table = $session->must('SET enable_seqscan = on; SET enable_indexscan = off;'
		  . " SET enable_bitmapscan = off; SET enable_indexonlyscan = off; $count")->output;

	$session->must('ROLLBACK');
	is($by_index, $by_table, "$what: and knows every row");
	cmp_ok($by_table, '>', 0, "$what: of which there are some");
	return;
}

sub check_btree
{
	my ($what, $index) = @_;

	is($session->query("SELECT bt_index_check('$index', true)")->sqlstate, '00000',
		"$what: the index is sound");
	return;
}

#
# Every kind
#

foreach my $table (qw(glue_connection glue_request))
{
	my ($name, $json) = $table eq 'glue_request'
	  ? qw(connection_name input) : qw(name connection_properties);
	my $url = "$json->>'Description'";
	my $text = "lower($name || ' ' || coalesce($url, ''))";
	my $words = "to_tsvector('simple'::regconfig, $name)";

	# the kind of index, its definition, a condition that can use it, and its
	# alteration
	my @cases = (
		[ 'expression', "(($text))", "$text >= 'i'", 'ALTER 1 SET STATISTICS 10' ],
		[ 'expression in PL/pgSQL', "(loud($name))", "loud($name) >= 'I'" ],
		[ 'expression in SQL', "(quiet($name))", "quiet($name) >= 'i'" ],
		[ 'member of jsonb', "((coalesce($url, 'none')))",
			"coalesce($url, 'none') >= 'a'" ],
		[ 'partial', "($name) WHERE loud($name) <> 'X'",
			"$name >= 'i' AND loud($name) <> 'X'" ],
		[ 'covering', "(quiet($name)) INCLUDE ($name)", "quiet($name) >= 'i'" ],
		[ 'GIN of jsonb', "USING gin ($json)", "$json ? 'USERNAME' OR $json ? 'Name'",
			'SET (gin_pending_list_limit = 64)' ],
		[ 'GIN without a pending list',
			"USING gin ($words) WITH (fastupdate = off)", "$words @@ 'indexed'",
			'SET (fastupdate = off)' ],
		[ 'GiST', "USING gist ($words)", "$words @@ 'indexed'",
			'SET (fillfactor = 80)' ],
		[ 'SP-GiST', "USING spgist (loud($name))", "loud($name) >= 'I'",
			'SET (fillfactor = 80)' ],
		[ 'hash', "USING hash (quiet(left($name, 7)))",
			"quiet(left($name, 7)) = 'indexed'", 'SET (fillfactor = 80)' ],
		[ 'BRIN', "USING brin (loud($name), $name)"
			. ' WITH (pages_per_range = 1, autosummarize = on)',
			"loud($name) >= 'I'", 'SET (pages_per_range = 2)' ]);

	foreach my $case (@cases)
	{
		my ($what, $definition, $condition, $alter) = @$case;

		$session->must("CREATE INDEX mine ON $table $definition");
		write_rows(sub {
			return if !defined $alter;
			$admin->must("ALTER INDEX mine $alter; ANALYZE pg_class");
			$session->must('SELECT count(*) FROM information_schema.columns');
		});
		check_index("$what on $table", $table, 'mine', $condition);
		check_btree("$what on $table", 'mine') if $definition !~ /USING/;
		$session->must('DROP INDEX mine');
	}

	# a row that an index refuses
	my $same = "same in $table";
	foreach my $case (
		[ 'unique index', "CREATE UNIQUE INDEX mine ON $table (loud($name))"
			. " WHERE $name LIKE '$same%'", 'DROP INDEX mine', '23505' ],
		[ 'exclusion', "ALTER TABLE $table ADD CONSTRAINT mine EXCLUDE USING gist"
			. " (point(hashtext(loud($name)), 0) WITH ~=) WHERE ($name LIKE '$same%')",
			"ALTER TABLE $table DROP CONSTRAINT mine", '23P01' ])
	{
		my ($what, $make, $drop, $sqlstate) = @$case;
		my $new = "$same " . ++$number;

		$session->must($make);
		write_rows();
		is($session->query(create_sql(jdbc("$new x")))->output, 'READY',
			"$what on $table: one");
		is($session->query(create_sql(jdbc("$new X")))->sqlstate, $sqlstate,
			"$what on $table: the same is refused");
		is($session->query(create_sql(jdbc("$new Y")))->output, 'READY',
			"$what on $table: and others are not");
		$session->must($drop);
	}

	# an index that could not be made, and is not valid, but gets its rows
	my $twice = 'twice ' . ++$number;
	$session->must(create_sql(jdbc("$twice $_"))) foreach 1, 2;
	is( $session->query("CREATE UNIQUE INDEX CONCURRENTLY mine ON $table"
			  . " ((left($name, 5))) WHERE $name LIKE 'twice%'")->sqlstate,
		'23505', "not valid on $table");
	write_rows();
	$session->must("DROP INDEX mine; DELETE FROM $table WHERE $name LIKE 'twice%'");

	# made, and made anew, while a transaction has written, and writes on
	my $builder = $cluster->session;
	foreach my $build ("CREATE INDEX CONCURRENTLY mine ON $table (loud($name))",
		"REINDEX TABLE CONCURRENTLY $table")
	{
		$session->must('BEGIN; ' . create_sql(jdbc(new_name())));
		$builder->send($build);
		wait_until(sub { $admin->must('SELECT count(*) FROM pg_stat_activity'
			  . " WHERE wait_event_type = 'Lock' AND pid = " . $builder->pid)->output eq '1' },
			'an index is being built');
		$session->must(create_sql(jdbc(new_name()))) foreach 1, 2;
		$session->must('COMMIT');
		is($builder->result->sqlstate, '00000', "$build: while we write");
		write_rows();
		check_index("$build: afterwards", $table, 'mine', "loud($name) >= 'I'");
		check_btree("$build: afterwards", 'mine');
	}
	$builder->quit;
	$session->must('DROP INDEX mine');

	$session->must("CREATE STATISTICS mine ON loud($name), $name FROM $table;"
		  . " ANALYZE $table");
	write_rows();
	$session->must('DROP STATISTICS mine');
}

# Sealed secrets are there as long as their request is open.
$session->must('CREATE INDEX mine ON glue_request_secret ((loud(role::text)));'
	  . ' CREATE INDEX blocks ON glue_request_secret USING brin (request)');
write_rows();
$session->must('BEGIN; SET LOCAL client_min_messages = error');
$session->must(enqueue_create_sql(jdbc(new_name()))) foreach 1 .. 3;
is( $session->must('SET LOCAL enable_seqscan = off; SELECT count(*)'
		  . ' FROM glue_request_secret WHERE loud(role::text) > $$0$$')->output,
	'3', 'indexes of secrets know their rows');
$session->must('COMMIT');
wait_until(sub { $admin->must(
	'SELECT count(*) FROM glue_request_secret')->output eq '0' }, 'all is done');
$session->must('DROP INDEX mine, blocks');

#
# The rights of index functions
#

$session->must(<<'SQL');
CREATE ROLE caller;
GRANT EXECUTE ON FUNCTION glue_create_connection TO caller;
CREATE FUNCTION who(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN current_user || ' ' || current_setting('search_path');
END $$;
CREATE INDEX mine ON glue_connection (who(name));
CREATE INDEX too ON glue_request (who(connection_name));
SET SESSION AUTHORIZATION caller;
SQL
$session->must(create_sql(jdbc(new_name())));
$session->must('RESET SESSION AUTHORIZATION');
my $owner = $session->must('SELECT current_user')->output;
foreach my $table (qw(glue_connection glue_request))
{
	my $name = $table eq 'glue_request' ? 'connection_name' : 'name';

	is( $session->must('SET enable_seqscan = off; SET search_path = pg_catalog, pg_temp;'
			  . " SELECT public.who('') = '$owner pg_catalog, pg_temp',"
			  . ' bool_or(name = ' . literal("indexed $number") . ')'
			  . " FROM (SELECT $name FROM public.$table"
			  . " WHERE public.who($name) = '$owner pg_catalog, pg_temp') AS t (name)")
		  ->output,
		't|t', "the function of an index on $table is executed as the owner");
}
$session->must('RESET ALL; DROP INDEX mine, too');

#
# The caller of functions in index functions
#

$session->must(<<'SQL');
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	ANALYZE public.glue_connection;
	IF NEW.name NOT LIKE '%again' THEN
		PERFORM public.glue_create_connection(pg_catalog.jsonb_build_object(
			'Name', NEW.name || ' again', 'ConnectionType', 'JDBC',
			'ConnectionProperties', NEW.connection_properties - 'PASSWORD'
				|| '{"SECRET_ID": "s"}'));
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER again AFTER INSERT ON glue_connection
	FOR EACH ROW EXECUTE FUNCTION again();
SQL
$session->must(create_sql(jdbc(new_name()))) foreach 1 .. 3;
is( $session->must("SELECT count(*) FROM glue_connection WHERE name LIKE '% again'")
	  ->output, '3', 'a trigger that makes plans invalid may call us');
$session->must('DROP TRIGGER again ON glue_connection');

#
# Any settings and any estimates of the planner
#

foreach my $settings (
	'plan_cache_mode = force_custom_plan', 'plan_cache_mode = force_generic_plan',
	'enable_indexscan = off', 'enable_bitmapscan = off', 'enable_tidscan = off',
	'enable_seqscan = off', 'jit_above_cost = 0')
{
	$session->must("SET $settings");
	write_rows();
	$session->must('RESET ALL');
	is($session->query('SHOW enable_seqscan')->output, 'on', "$settings: is ours again");
}

# A plan for an empty table does not read the whole table later.
$session->must('DELETE FROM glue_connection');
$admin->must('VACUUM ANALYZE glue_connection');
my $seen = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'glue_connection'";
my $before = $admin->must($seen)->output;
my $planner = $cluster->session;
my @name = map { new_name() } 1 .. 8;
$planner->must(create_sql(jdbc($_))) foreach @name;
$planner->must(update_sql(jdbc($_, Description => 'new'))) foreach @name;
$planner->must(delete_sql($_)) foreach @name;
$planner->must('SELECT pg_stat_force_next_flush()');
$planner->quit;
wait_until(sub { $admin->must("SELECT n_tup_del > 7 FROM pg_stat_user_tables"
	  . " WHERE relname = 'glue_connection'")->output eq 't' }, 'it is counted');
is($admin->must($seen)->output, $before, 'a small table is not read as a whole');

#
# Side by side
#

foreach my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	my @side = ($session, $admin);
	my @ends;

	$_->must("BEGIN ISOLATION LEVEL $level; SELECT 1") foreach @side;
	foreach (1 .. 3)
	{
		$_->must(create_sql(jdbc(new_name()))) foreach @side;
	}
	push @ends, $_->query('COMMIT')->sqlstate foreach @side;
	is("@ends", '00000 00000', "$level: concurrent sessions do not fail");
}

#
# Published
#

$session->must('SET client_min_messages = error;'
	  . ' CREATE PUBLICATION everything FOR ALL TABLES; RESET client_min_messages');
write_rows();
is( $session->must(
		'SELECT string_agg(c.relname, $$ $$) FROM pg_class c JOIN pg_depend d'
		  . " ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'"
		  . " WHERE c.relkind = 'r' AND (c.relreplident <> 'd' OR NOT EXISTS"
		  . ' (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary))')->output,
	'', 'the replica identity of every table is its primary key');

check_btree($_, $_) foreach split /\n/, $session->must(
	"SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
	  . " WHERE c.relname IN ('glue_connection', 'glue_request', 'glue_request_secret')"
	  . ' ORDER BY 1')->output;

#
# Made anew
#

$session->must('PREPARE make (jsonb) AS SELECT glue_create_connection($1);'
	  . ' CREATE SCHEMA elsewhere; SET client_min_messages = error');
foreach my $schema (qw(public elsewhere public))
{
	$session->must('DROP EXTENSION glue_conn CASCADE;'
		  . " CREATE EXTENSION glue_conn SCHEMA $schema; SET search_path = $schema, public");
	is( $session->query('EXECUTE make (' . literal(json_text(jdbc(new_name()))) . ')')
		  ->output, 'READY', "made anew in $schema: a call");
	my $id = enqueue($session, jdbc(new_name()));
	is(end_of($session, $id), 'succeeded',
		"made anew in $schema: the queue");
	is( $session->must("SELECT string_agg(DISTINCT state, ' ') FROM $schema.glue_request")
		  ->output, 'succeeded', "made anew in $schema: everything is recorded");
}

unlike(slurp_file($cluster->node->logfile), qr/was terminated by signal/,
	'the server does not crash');
$_->quit foreach $session, $admin;
$cluster->finish;
done_testing();
