# Copyright (c) 2026, glue_conn contributors
#
# How a connection gets into the table.
#
# A table that is as we made it gets its rows without a statement, any other by
# one.  Nobody must be able to tell the difference: not another session, not a
# trigger or a constraint that somebody has added, and not logical decoding.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start(conf => "wal_level = logical\n");
my $glue = $cluster->glue;
my $session = $cluster->session;
my $number = 0;

# A name that neither side has.
sub new_name { return 'recorded ' . ++$number; }

# Create a connection that AWS does not have.
sub create
{
	my ($name, $in) = @_;

	$glue->remove_connection($name) if $glue->connection($name);
	return ($in // $session)->query(create_sql(jdbc($name)));
}

# Number of rows of a name, and the writer of the last one.
sub rows
{
	my ($name) = @_;

	return $cluster->query(
		'SELECT count(*), min(connection_type) FROM glue_connection'
		  . ' WHERE name = ' . literal($name))->output;
}

# A row that somebody has put in by hand.
sub row_sql
{
	my ($name) = @_;

	return 'INSERT INTO glue_connection'
	  . ' (endpoint, region, catalog_id, name, connection_type, recorded_at,'
	  . " recorded_by) VALUES ('" . $glue->url . "', 'us-east-1', '123456789012', "
	  . literal($name) . ", 'OLD', now(), 'x')";
}

#
# As we made it
#

my $name = new_name();
is(create($name)->output, 'READY', 'a new connection');
is(rows($name), '1|JDBC', 'is recorded');
is(create($name)->output, 'READY', 'one that is recorded already');
is(rows($name), '1|JDBC', 'replaces that one');
$session->must('DELETE FROM glue_connection');
create($name);
is(rows($name), '1|JDBC', 'one whose row was deleted is recorded again');
$session->must('VACUUM glue_connection');

$name = new_name();
$session->must(row_sql($name));
create($name);
is(rows($name), '1|JDBC', 'a row of another origin is replaced');

# Each call sees the calls before it, within one statement as well.
my @many = map { new_name() } 1 .. 3;
is( $session->must(
		'SELECT count(glue_create_connection(input)) FROM unnest(ARRAY['
		  . join(', ', map { literal(json_text(jdbc($_))) } @many)
		  . ']::jsonb[]) AS input')->output,
	'3', 'three in one statement');
$name = new_name();
$session->must('BEGIN');
create($name, $session);
is( $session->must(
		'SELECT count(*) FROM glue_connection WHERE name = '
		  . literal($name))->output,
	'1', 'a row is visible to its own transaction');
is(rows($name), '0|', 'and to no other');
create($name, $session);
$session->must('COMMIT');
is(rows($name), '1|JDBC', 'twice in one transaction is one row');

$name = new_name();
$session->must('BEGIN; SAVEPOINT s; ' . create_sql(jdbc($name))
	  . '; ROLLBACK TO s');
create($name, $session);
$session->must('COMMIT');
is(rows($name), '1|JDBC', 'a row that was rolled back does not count');

foreach my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	$name = new_name();
	$session->must("BEGIN ISOLATION LEVEL $level");
	is(create($name, $session)->output, 'READY', "isolation level $level");
	$session->must('COMMIT');
	is(rows($name), '1|JDBC', 'is recorded');
}

# The indexes know the rows.
is( $session->must(
		'SET enable_seqscan = off; SELECT connection_type FROM glue_connection'
		  . " WHERE endpoint = '" . $cluster->glue->url . "'"
		  . " AND catalog_id = '123456789012'"
		  . " AND region = 'us-east-1' AND name = " . literal($name))->output,
	'JDBC', 'a row is found by its key');
$session->must('CREATE EXTENSION amcheck');
is($session->must("SELECT bt_index_check('glue_connection_pkey', true)")->output,
	'', 'the index is sound');

#
# Another session that has the same row
#

foreach my $case ([ 'COMMIT', 'replaced' ], [ 'ROLLBACK', 'made' ])
{
	my ($end, $what) = @$case;
	my $other = $cluster->session;

	$name = new_name();
	$other->must('BEGIN; ' . row_sql($name));
	$session->send(create_sql(jdbc($name)));
	wait_until(
		sub { $cluster->query("SELECT wait_event_type = 'Lock'"
				  . ' FROM pg_stat_activity WHERE pid = '
				  . $session->pid)->output eq 't' },
		'the session waits for the other');
	$other->must($end);
	is($session->result->output, 'READY', "waited for a $end");
	is(rows($name), '1|JDBC', "and the row is $what");
	$other->quit;
}

#
# As somebody else has made it
#

$session->must(<<'END');
CREATE TABLE seen (name text, op text);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.seen VALUES (NEW.name, TG_OP);
	RETURN NEW;
END $$;
CREATE TRIGGER see AFTER INSERT OR UPDATE ON glue_connection
	FOR EACH ROW EXECUTE FUNCTION see();
END
$name = new_name();
create($name) for 1 .. 2;
is($session->must('SELECT string_agg(op, $$ $$) FROM seen')->output,
	'INSERT UPDATE', 'triggers are fired');
$session->must('DROP TRIGGER see ON glue_connection');

$session->must("ALTER TABLE glue_connection ADD note text DEFAULT 'none'");
$name = new_name();
create($name);
is( $session->must('SELECT note FROM glue_connection WHERE name = '
		  . literal($name))->output,
	'none', 'a column with a default has it');
$session->must('ALTER TABLE glue_connection ALTER note DROP DEFAULT');
$name = new_name();
create($name);
is(rows($name), '1|JDBC', 'a column without one is filled with null');
$session->must('DELETE FROM glue_connection WHERE note IS NULL;'
	  . ' ALTER TABLE glue_connection ALTER note SET NOT NULL');
is(create(new_name())->sqlstate, '23502', 'unless it must not be null');
$session->must('ALTER TABLE glue_connection DROP note');
$name = new_name();
create($name);
is(rows($name), '1|JDBC', 'a dropped column is ignored');

$session->must(q{ALTER TABLE glue_connection
	ADD CONSTRAINT mine CHECK (connection_type <> 'JDBC') NOT VALID});
is(create(new_name())->sqlstate, '23514', 'checks are made');
$session->must('ALTER TABLE glue_connection DROP CONSTRAINT mine');

$session->must('CREATE UNIQUE INDEX arns ON glue_connection'
	  . " ((coalesce(description, name)))");
$name = new_name();
create($name);
is( $session->must("SELECT name FROM glue_connection"
		  . ' WHERE coalesce(description, name) = ' . literal($name))->output,
	$name, 'an index on an expression knows the rows');
is( $session->query(
		create_sql(jdbc(new_name(), Description => $name)))->sqlstate,
	'23505', 'another unique index is obeyed');
$session->must('DROP INDEX arns');

$session->must(<<'END');
CREATE RULE count AS ON INSERT TO glue_connection
	DO ALSO INSERT INTO seen VALUES (NEW.name, 'RULE');
END
my $watch = $cluster->watch;
is(create(new_name())->sqlstate, '42501', 'rules are not permitted');
is($watch->sent, 0, 'and says so before a connection is made');
$session->must('DROP RULE count ON glue_connection');

$session->must('CREATE ROLE caller; GRANT EXECUTE ON FUNCTION'
	  . ' glue_create_connection TO caller;'
	  . ' ALTER TABLE glue_connection ENABLE ROW LEVEL SECURITY');
$name = new_name();
$session->must('SET ROLE caller');
is(create($name)->output, 'READY', 'row security is not for the owner');
$session->must('RESET ROLE');
is(rows($name), '1|JDBC', 'with the rights of the owner');
$session->must('ALTER TABLE glue_connection FORCE ROW LEVEL SECURITY,'
	  . ' OWNER TO caller');
is(create(new_name())->sqlstate, '42501', 'unless it is forced');
$session->must('ALTER TABLE glue_connection NO FORCE ROW LEVEL SECURITY,'
	  . ' DISABLE ROW LEVEL SECURITY;'
	  . ' REVOKE INSERT ON glue_connection FROM caller');
is(create(new_name())->sqlstate, '42501', 'an owner may have no rights');
$session->must('GRANT INSERT ON glue_connection TO caller');
$name = new_name();
create($name);
is(rows($name), '1|JDBC', 'or have them back');

$session->must('ALTER TABLE glue_connection'
	  . ' DROP CONSTRAINT glue_connection_pkey, ADD CONSTRAINT glue_connection_pkey'
	  . ' PRIMARY KEY (endpoint, region, catalog_id, name) DEFERRABLE');
is(create(new_name())->sqlstate, '55000', 'a key that cannot be relied on');
is(rows("recorded $number"), '0|', 'is not');

#
# Made anew
#

$session->must('DROP EXTENSION glue_conn; CREATE SCHEMA glue;'
	  . ' CREATE EXTENSION glue_conn SCHEMA glue; SET search_path = glue, public');
$name = new_name();
is(create($name)->output, 'READY', 'in another schema');
is( $session->must('SELECT count(*) FROM glue.glue_connection')->output,
	'1', 'it is recorded there');
$session->must('ALTER SCHEMA glue RENAME TO goo; SET search_path = goo, public');
$name = new_name();
create($name);
is( $session->must('SELECT count(*) FROM goo.glue_connection')->output,
	'2', 'and under another name of it');

#
# Logical decoding
#

$session->must(
	q{SELECT pg_create_logical_replication_slot('decoded', 'test_decoding')});
$name = new_name();
create($name) for 1 .. 2;
my $changes = $session->must(
	q{SELECT string_agg(substring(data, '^table \S+ (\w+)'), ' ')
		FROM pg_logical_slot_get_changes('decoded', NULL, NULL)
		WHERE data LIKE '%''} . $name . q{''%'})->output;
is($changes, 'INSERT UPDATE', 'decoded like any other row');
$session->must(q{SELECT pg_drop_replication_slot('decoded')});

$session->quit;
$cluster->finish;
done_testing();
