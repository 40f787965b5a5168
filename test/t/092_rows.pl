# Copyright (c) 2026, glue_conn contributors
#
# Rows that provision connections, from the row to AWS Glue: changes of all
# kinds, names that are taken, and rows from COPY and logical replication.
#
# sql/trigger.sql tests the requests of the trigger.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(
	init => { allows_streaming => 'logical' });
my $glue = $cluster->glue;
my $session = $cluster->session;

my $seen = 0;

sub outcomes { return new_outcomes($session, \$seen); }

$session->must('CREATE TABLE source (id int PRIMARY KEY, connection_input jsonb, tags jsonb)');
$session->must(trigger_sql('source', 'tags=tags'));

#
# One row
#

$session->must('INSERT INTO source VALUES (1, ' . input_sql('a') . q{, '{"team": "x"}')});
is(outcomes(), 'Create a succeeded', 'an insert');
is_deeply($glue->connection('a')->{definition}, referring('a'), 'creates a connection');
is_deeply($glue->connection('a')->{tags}, { team => 'x' }, 'with tags');

$session->must('UPDATE source SET connection_input = ' . input_sql('a', Description => 'new')
	  . q{, tags = '{"team": "y", "cost": "1"}'});
is(outcomes(), 'Update a succeeded', 'an update');
is($glue->connection('a')->{definition}{Description}, 'new', 'updates it');
is_deeply($glue->connection('a')->{tags}, { team => 'y', cost => '1' }, 'tags, too');
is_deeply($cluster->row('a')->{tags}, { team => 'y', cost => '1' }, 'which is recorded');

$session->must('UPDATE source SET connection_input = ' . input_sql('b'));
is(outcomes(), 'Delete a succeeded, Create b succeeded', 'another name');
is($glue->connection('a'), undef, 'means another connection');
isnt($glue->connection('b'), undef, 'in its place');

$glue->remove_connection('b');
$session->must('UPDATE source SET connection_input = ' . input_sql('b', Description => 'again'));
is(outcomes(), 'Update b succeeded', 'a connection that somebody has deleted');
is($glue->connection('b')->{definition}{Description}, 'again', 'is there again');

$session->must('DELETE FROM source');
is(outcomes(), 'Delete b succeeded', 'a deletion');
is($glue->connection('b'), undef, 'deletes the connection');

#
# A create that fails, and a row that is corrected
#

$glue->misbehave(operation => 'CreateConnection', kind => 'error',
	code => 'InvalidInputException', message => 'no', times => 1);
$session->must('INSERT INTO source VALUES (2, ' . input_sql('c') . ')');
is(outcomes(), 'Create c failed InvalidInputException', 'a refusal by AWS');
$session->must('UPDATE source SET connection_input = ' . input_sql('c', Description => 'right'));
is(outcomes(), 'Update c succeeded', 'is created when the row is corrected');
is($glue->created('c'), 1, 'once');

# A connection that may have been created is looked for when the request is
# retried.
$cluster->configure($session, 'glue_conn.max_request_attempts' => 1);
$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after');
$glue->misbehave(operation => 'GetConnection', kind => 'lost-before', times => 0);
$session->must('INSERT INTO source VALUES (10, ' . input_sql('unknown') . ')');
like(outcomes(), qr/^Create unknown queued /,
	'an unknown outcome is resolved, after any number of attempts');
is($glue->created('unknown'), 1, 'it was created');
$glue->behave;
make_due($session, $seen);
work($session);
is(state_of($session, $seen), 'succeeded', 'is resolved by another attempt');
is($glue->created('unknown'), 1, 'without another create');
is($cluster->row('unknown')->{status}, 'READY', 'and is recorded');
$cluster->configure($session, 'glue_conn.max_request_attempts' => undef);

# A connection may be made long after its request.
enqueue($session, referring('slow',
	Description => 'local_glue: in-progress ready-after-reads=2'));
$session->must("UPDATE glue_request SET started_at = now() - interval '2 hours'"
	  . " WHERE state = 'queued'");
is(outcomes(), 'Create slow queued', 'a connection in progress is waited for');
wait_until(sub { work($session); state_of($session, $seen) eq 'succeeded' },
	'it is ready');

#
# Names that are somebody else's
#

$glue->put_connection(input => referring('theirs', Description => 'theirs'));
$session->must('INSERT INTO source VALUES (3, ' . input_sql('theirs') . ')');
is(outcomes(), 'Create theirs failed AlreadyExistsException', 'a name that is taken');
$session->must('UPDATE source SET connection_input = '
	  . input_sql('theirs', Description => 'ours') . ' WHERE id = 3');
is(outcomes(), 'Update theirs failed AlreadyExistsException', 'is not updated');
my $watch = $cluster->watch;
$session->must('DELETE FROM source WHERE id = 3');
is(outcomes(), 'Delete theirs succeeded', 'and a deletion');
is($watch->sent, 0, 'deletes nothing');
is($glue->connection('theirs')->{definition}{Description}, 'theirs', 'it is as it was');

$session->must('DROP TRIGGER provision ON source');
$session->must(trigger_sql('source', 'tags=tags', 'on_conflict=update'));
$session->must('INSERT INTO source VALUES (3, ' . input_sql('theirs', Description => 'ours')
	  . q{, '{"team": "x"}')});
is(outcomes(), 'Create theirs succeeded', 'unless it may be');
is($glue->connection('theirs')->{definition}{Description}, 'ours', 'then it is ours');
is_deeply($glue->connection('theirs')->{tags}, { team => 'x' }, 'and has our tags');
$session->must('DELETE FROM source WHERE id = 3');
outcomes();
is($glue->connection('theirs'), undef, 'and can be deleted');

#
# Partitions: a row that moves keeps its connection
#

$session->must('CREATE TABLE part (old boolean, connection_input jsonb) PARTITION BY LIST (old)');
$session->must("CREATE TABLE part_$_ PARTITION OF part FOR VALUES IN ($_)") foreach qw(true false);
$session->must(trigger_sql('part'));
$session->must('INSERT INTO part VALUES (false, ' . input_sql('moving') . ')');
outcomes();
$session->must('UPDATE part SET old = true');
is(outcomes(), '', 'a row that moves asks for nothing');
$session->must('UPDATE part SET old = false, connection_input = '
	  . input_sql('moving', Description => 'moved'));
is(outcomes(), 'Update moving succeeded', 'unless something has changed');
is($glue->created('moving'), 1, 'the connection stays');

#
# The tables that rows are written into are open for a statement, and no longer
#

my $log = -s $cluster->node->logfile;
my $many = 'SELECT 1000 + i, jsonb_set(' . input_sql('many') . ", '{Name}', to_jsonb('many ' || i))";
$session->must("INSERT INTO source $many FROM generate_series(1, 3) AS i");
$session->must('BEGIN');
$session->must("INSERT INTO source $many FROM generate_series(4, 6) AS i");
is($session->query('TRUNCATE glue_request')->sqlstate, '00000', 'they are not in use behind it');
$session->must('ROLLBACK');

# errors in subtransactions, also in one of a trigger of the same row
$session->must(<<"SQL");
CREATE TABLE other (id int, connection_input jsonb);
ALTER TABLE source DROP CONSTRAINT source_pkey;
@{[trigger_sql('other')]};
CREATE FUNCTION beside() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
	FOR i IN 0 .. 1 LOOP
		BEGIN
			INSERT INTO other SELECT 1, jsonb_set(NEW.connection_input, '{Name}',
				to_jsonb('beside ' || (right(NEW.connection_input->>'Name', 1)::int + i)));
		EXCEPTION WHEN unique_violation THEN NULL;
		END;
	END LOOP;
	RETURN NULL;
END \$\$;
CREATE TRIGGER beside AFTER INSERT ON source FOR EACH ROW EXECUTE FUNCTION beside();
DO \$\$
BEGIN
	FOR n IN 4 .. 6 LOOP
		BEGIN
			INSERT INTO source $many FROM (VALUES (n), (n - 3)) AS v (i);
		EXCEPTION WHEN unique_violation THEN NULL;
		END;
		INSERT INTO source $many FROM generate_series(n, n) AS i;
	END LOOP;
END \$\$;
DROP TRIGGER beside ON source;
SQL
is($session->must(q{SELECT count(*) FROM glue_provision WHERE name ~ '^(many|beside)'})->output,
	6 + 4, 'errors leave the rows that they should');

# triggers that are deferred until the end of the transaction, or of a subtransaction
$session->must(<<"SQL");
CREATE TABLE late (id int, connection_input jsonb);
CREATE CONSTRAINT TRIGGER provision AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION glue_provision_connection();
INSERT INTO late $many FROM generate_series(11, 13) AS i;
DO \$\$
BEGIN
	INSERT INTO late $many FROM generate_series(14, 15) AS i;
	SET CONSTRAINTS ALL IMMEDIATE;
EXCEPTION WHEN unique_violation THEN NULL;
END \$\$;
SQL

# an index whose function makes a request while another one is written
$session->must(<<"SQL");
CREATE FUNCTION insert_inner() RETURNS int LANGUAGE sql AS \$\$
	INSERT INTO late VALUES (1, @{[input_sql('inner')]}); SET CONSTRAINTS ALL IMMEDIATE; SELECT 1 \$\$;
CREATE FUNCTION nests(name text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$
BEGIN
	RETURN CASE WHEN name = 'outer' THEN public.insert_inner() END;
END \$\$;
CREATE INDEX nests ON glue_request (nests(connection_name));
CREATE INDEX nests_later ON glue_request (connection_name);
INSERT INTO source VALUES (1020, @{[input_sql('outer')]});
SET enable_seqscan = off;
SQL
is($session->must(q{SELECT string_agg(connection_name, ' ') FROM (SELECT connection_name
	FROM glue_request WHERE connection_name IN ('inner', 'outer')
	ORDER BY 1) AS r})->output, 'inner outer', 'a request that is made while another one is');
$session->must('RESET enable_seqscan; DROP INDEX nests, nests_later');

# deferred triggers on rows that are recorded in a subtransaction
$session->must(<<"SQL");
CREATE FUNCTION seed() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
	IF NEW.name ~ '^many' THEN
		INSERT INTO public.late VALUES (1, jsonb_set(@{[input_sql('seed')]}, '{Name}',
			to_jsonb('seed ' || right(NEW.name, 1))));
	END IF;
	RETURN NULL;
END \$\$;
CREATE TRIGGER seed AFTER INSERT ON glue_connection FOR EACH ROW EXECUTE FUNCTION seed();
SQL
like(outcomes(), qr/Create seed 1 succeeded/, 'rows that are written when an outcome is recorded');
$session->must('DROP TRIGGER seed ON glue_connection');
unlike(slurp_file($cluster->node->logfile, $log), qr/leak|not closed|signal/,
	'no error leaves anything open');

#
# COPY
#

my $copied = join '', map {
	"$_\t" . (json_text(referring("copy $_")) =~ s/\\/\\\\/gr) . "\n"
} 100 .. 299;
$cluster->node->psql('postgres',
	"COPY source (id, connection_input) FROM STDIN;\n$copied\\.\n", on_error_die => 1);
work($session);
is($session->must("SELECT count(*) FROM glue_request WHERE connection_name LIKE 'copy %'"
	  . " AND state = 'succeeded'")->output, 200, 'rows that are copied');
is($session->must("SELECT count(*) FROM glue_connection WHERE name LIKE 'copy %'")->output,
	200, 'have connections');
outcomes();

#
# Logical replication
#

$session->must('CREATE DATABASE publisher');
my $publisher = $cluster->session(database => 'publisher');
$publisher->must('CREATE TABLE replicated (id int PRIMARY KEY, connection_input jsonb)');
$publisher->must('ALTER TABLE replicated REPLICA IDENTITY FULL');
$publisher->must('INSERT INTO replicated VALUES (1, ' . input_sql('before') . ')');
$publisher->must('CREATE PUBLICATION pub FOR TABLE replicated');
$publisher->must("SELECT pg_create_logical_replication_slot('sub', 'pgoutput')");

$session->must('CREATE TABLE replicated (id int PRIMARY KEY, connection_input jsonb)');
$session->must(trigger_sql('replicated'));
$session->must('ALTER TABLE replicated ENABLE ALWAYS TRIGGER provision');

# an apply worker has the settings of the server, and of its database
$session->must('CREATE SUBSCRIPTION sub CONNECTION '
	  . literal($cluster->node->connstr('publisher'))
	  . " PUBLICATION pub WITH (create_slot = false, slot_name = 'sub')");
sub wait_for_requests
{
	my ($count, $what) = @_;

	wait_until(sub {
		$session->must("SELECT count(*) FROM glue_request WHERE id > $seen")->output == $count;
	}, $what);
	return;
}

wait_for_requests(1, 'the initial copy makes a request');
is(outcomes(), 'Create before succeeded', 'rows that are there');
$publisher->must('BEGIN; INSERT INTO replicated VALUES (2, ' . input_sql('after') . '); '
	  . 'UPDATE replicated SET connection_input = ' . input_sql('before', Description => 'new')
	  . ' WHERE id = 1; COMMIT');
wait_for_requests(2, 'changes make requests');
is(outcomes(), 'Create after succeeded, Update before succeeded', 'inserted and updated rows');
$publisher->must('DELETE FROM replicated');
wait_for_requests(2, 'deletions make requests');
is(outcomes(), 'Delete after succeeded, Delete before succeeded', 'deleted rows');

# A row that is refused stops the subscription, as a duplicate key does, until the name
# is free.
$session->must('INSERT INTO source VALUES (1000, ' . input_sql('taken') . ')');
outcomes();
$publisher->must('INSERT INTO replicated VALUES (3, ' . input_sql('taken') . ')');
$publisher->must('INSERT INTO replicated VALUES (4, ' . input_sql('behind') . ')');
wait_until(sub {
	$session->must("SELECT apply_error_count > 0 FROM pg_stat_subscription_stats WHERE subname = 'sub'")
	  ->output eq 't';
}, 'the subscription counts an error');
like(slurp_file($cluster->node->logfile),
	qr/ERROR: .*another row holds AWS Glue connection "taken"\n.*DETAIL: .*It is a row of table public\.source\.\n.*CONTEXT: .*trigger "provision" on table "replicated".*replication target relation "public\.replicated"/s,
	'the log names the obstacle');
is($session->must('SELECT count(*) FROM replicated')->output, 0, 'no row arrives, nor the one behind it');
is(outcomes(), '', 'nothing is asked for');
$session->must('DELETE FROM source WHERE id = 1000');
wait_for_requests(3, 'when the name is free, it continues by itself');
is(outcomes(), 'Delete taken succeeded, Create taken succeeded, Create behind succeeded',
	'with the waiting rows');
is($session->must('SELECT count(*) FROM replicated')->output, 2, 'all rows are there');

$session->must('ALTER SUBSCRIPTION sub DISABLE');
$session->must('ALTER SUBSCRIPTION sub SET (slot_name = NONE)');
$session->must('DROP SUBSCRIPTION sub');
wait_until(sub {
	$publisher->query("SELECT pg_drop_replication_slot('sub')")->sqlstate eq '00000';
}, 'the slot is free');

$publisher->quit;
$session->quit;
$cluster->finish;
done_testing();
