# Copyright (c) 2026, glue_conn contributors
#
# No privilege escalation by names: with any operators, functions, aggregates,
# types and casts of the database's users, and with any search_path, the
# extension executes none of them.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Hostile;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $hostile = GlueConn::Hostile->start;
my $glue = $hostile->glue;
my $admin = $hostile->admin;
my $superuser = $hostile->{superuser};

# Test that nothing hostile was executed since the last time.
sub harmless
{
	my ($what) = @_;

	is($hostile->runs, '', "$what: nothing hostile is executed");
	is($hostile->superusers, '', "$what: nobody becomes superuser");
	return;
}

# Run statements, which must all succeed.
sub runs_well
{
	my ($session, $what, @statements) = @_;
	my @failures = map {
		my $result = $session->query($_);
		$result->sqlstate eq '00000' ? () : "$_: " . $result->text;
	} @statements;

	is(join("\n", @failures), '', "$what: all statements succeed");
	return;
}

sub last_request
{
	return $admin->must('SELECT max(id) FROM app.glue_request')->output;
}

#
# The trap works
#

my $victim = $hostile->session('victim');
$victim->must("SELECT 'a'::pg_catalog.text = 'b'::pg_catalog.text,"
	  . " 'a'::pg_catalog.name = 'b', 1 + 1, now(), count(*)");
is($hostile->runs, join("\n", map { "$_ by victim for victim" } (
	'aggregate count', 'function now()', 'operator of integer and integer',
	'operator of name and name', 'operator of text and text')),
	'a query that uses hostile names finds them');

#
# Everything that there is
#

$admin->must('CREATE SERVER elsewhere FOREIGN DATA WRAPPER glue_conn'
	  . ' OPTIONS (region \'eu-west-1\');'
	  . ' CREATE FOREIGN DATA WRAPPER mysql_fdw;'
	  . ' CREATE SERVER mysql FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host \'h\', dbname \'d\');'
	  . ' GRANT USAGE ON FOREIGN SERVER elsewhere, mysql TO PUBLIC');

# All that a role can do, with connections of its own.
sub everything_of
{
	my ($role) = @_;
	my $new = sub { referring("$role $_[0]", Description => $_[1] // 'first') };
	my $secret = sub { jdbc("$role $_[0]", Description => $_[1] // 'first') };

	return (
		call('create_connection', $secret->('a'), { team => 'x' }),
		call('create_connection', $new->('b')),
		"BEGIN ISOLATION LEVEL REPEATABLE READ",
		call('create_connection', $new->('c')),
		'COMMIT',
		"SELECT * FROM app.glue_create_connections(ARRAY["
		  . join(', ', map { literal(json_text($_)) } map { $new->($_) } 'd', 'e')
		  . ']::pg_catalog.jsonb[])',
		"SELECT app.glue_create_connection(on_conflict => 'update', connection_input => "
		  . literal(json_text($new->('b', 'second'))) . ')',
		"SELECT app.glue_create_connection(on_conflict => 'adopt', connection_input => "
		  . literal(json_text($new->('b', 'second'))) . ')',
		call('update_connection', "$role a", $secret->('a', 'second')),
		call('get_connection', "$role a"),
		call('get_connections'),
		call('wait_connection', "$role a"),
		call('tag_connection', "$role a", { stage => 'y' }),
		"SELECT app.glue_untag_connection('$role a', '{stage}')",
		call('get_connection_tags', "$role a"),
		call('test_connection', "$role b") =~ s/\(/(name => /r,
		'SELECT * FROM app.glue_sync_connections()',
		'SELECT * FROM app.glue_connection_drift()',
		call('delete_connection', "$role b"),
		"SELECT * FROM app.glue_batch_delete_connection('{$role d, $role e}')",
		call('enqueue_create_connection', $secret->('f'), { team => 'x' }),
		call('enqueue_update_connection', "$role f", $secret->('f', 'second')),
		call('enqueue_delete_connection', "$role f"),
		'SELECT app.glue_wait_request(id) FROM app.glue_request'
		  . " WHERE finished_at IS NULL AND requested_by OPERATOR(pg_catalog.=)"
		  . ' CURRENT_USER::pg_catalog.regrole',
		rows_of($role),
		'CALL app.glue_process_requests()',
		'TABLE app.glue_connection_summary',
		"SELECT app.glue_create_connection(server => 'elsewhere', connection_input => "
		  . literal(json_text($secret->('g'))) . ')',
		"SELECT app.glue_enqueue_delete_connection('$role g', server => 'elsewhere')",
		'SELECT app.glue_home(), app.glue_database_id()',
		'SELECT * FROM app.glue_caller_identity()',
		call('describe_connection_type', 'JDBC'),
		'SELECT * FROM app.glue_list_connection_types()',
		map({ call($_, $secret->('a')) } qw(validate_connection_input
			is_valid_connection_input redact)),
		call('jdbc_connection_input', 'j', 'jdbc:mysql://h/d'),
		call('connection_input_from_server', 'mysql'),
		"SELECT app.glue_connection_input_for_this_database(host => 'h')",
		'TABLE app.glue_request_summary',
		'TABLE app.glue_worker_summary',
		'SELECT * FROM app.glue_request');
}

# A row that comes, changes, gets another name, and goes; and several at once.
sub rows_of
{
	my ($role) = @_;
	my $row = sub { literal(json_text(jdbc("$role row $_[0]", Description => $_[1]))) };
	my $where = 'WHERE id OPERATOR(pg_catalog.=) 1';

	return ('DELETE FROM app.source',
		"INSERT INTO app.source VALUES (1, " . $row->('a', 'x') . ", '{\"team\": \"x\"}'),"
		  . ' (2, ' . $row->('b', 'x') . ', NULL)',
		'UPDATE app.source SET connection_input = ' . $row->('a', 'y') . " $where",
		'UPDATE app.source SET connection_input = ' . $row->('c', 'y') . " $where",
		'DELETE FROM app.source');
}

my %session = ($superuser => $hostile->session,
	map { $_ => $hostile->session($_) } 'mallory', 'victim');
foreach my $role ($superuser, 'victim', 'mallory')
{
	runs_well($session{$role}, $role, everything_of($role));
	$hostile->wait_for_requests;
	is($admin->must("SELECT string_agg(DISTINCT state, ' ') FROM app.glue_request"
		  . " WHERE requested_by = '$role'::regrole")->output, 'succeeded',
		"$role: all requests succeed");
	harmless($role);
}
foreach my $role (sort keys %GlueConn::Hostile::attacker)
{
	my $session = $hostile->session($role);

	runs_well($session, $role,
		call('create_connection', jdbc("$role own")),
		call('delete_connection', "$role own"),
		call('enqueue_create_connection', jdbc("$role queued")),
		call('enqueue_delete_connection', "$role queued"),
		'CALL app.glue_process_requests()',
		'SELECT * FROM app.glue_sync_connections()',
		'TABLE app.glue_request_summary');
	$session->quit;
}
$hostile->wait_for_requests;
harmless('attackers');

# Requests that are held.
my $carried_out = call('enqueue_create_connection', referring('held'));
foreach my $end ('SELECT app.glue_take_over_requests()', 'SELECT app.glue_drop_held_requests()')
{
	$admin->must($carried_out);
	my $id = last_request();
	$hostile->wait_for_requests;
	$admin->must(call('delete_connection', 'held'));
	$admin->must('UPDATE app.glue_request SET home = 42,'
		  . " state = 'queued', finished_at = NULL, attempts = 0 WHERE id = $id");
	runs_well($session{$superuser}, $superuser, 'CALL app.glue_process_requests()', $end);
	$hostile->wait_for_requests;
	is($admin->must('SELECT count(*) FROM app.glue_request WHERE home = 42')->output, 0,
		"$end: it is not held any more");
	harmless($end);
}

#
# Failures
#

my %path = ($superuser => 'evil, pg_catalog', victim => 'evil',
	mallory => 'pg_temp, evil, pg_catalog');
foreach my $role (sort keys %session)
{
	my $session = $session{$role};

	$session->must("SET search_path = $path{$role}");
	runs_well($session, "$role, rollback",
		'BEGIN', call('create_connection', jdbc("$role undone")), 'SAVEPOINT s',
		call('create_connection', jdbc("$role undone, too")), 'ROLLBACK TO s',
		call('create_connection', jdbc("$role undone in the end")), 'ROLLBACK');
	$hostile->wait_for_requests;
	is($glue->created("$role $_") - ($glue->connection("$role $_") ? 1 : 0), 1, "$role $_")
	  foreach 'undone', 'undone, too', 'undone in the end';
	runs_well($session, "$role, another rollback",
		"BEGIN", call('update_connection', "$role a", jdbc("$role a")),
		call('delete_connection', "$role c"), 'ROLLBACK');
	$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after', times => 2);
	runs_well($session, "$role, lost answers",
		call('create_connection', jdbc("$role lost")),
		call('enqueue_create_connection', jdbc("$role lost later")));
	$hostile->wait_for_requests;
	$glue->behave;

	$glue->misbehave(operation => 'CreateConnection', kind => 'error', code => 'RequestTimeoutException', status => 400, times => 0);
	runs_well($session, "$role, a request", "SET glue_conn.max_attempts = 1",
		call('enqueue_create_connection', referring("$role cancelled")));
	my $id = last_request();
	wait_until(sub { $admin->must("SELECT state FROM app.glue_request WHERE id = $id"
			  . ' AND attempts > 0')->output eq 'queued' }, 'it is put off');
	is($session->must("SELECT app.glue_cancel_request($id)")->output, 'cancelled',
		"$role cancels it");
	$glue->behave;
	is($session->must("SELECT app.glue_retry_request($id)")->output, 'queued',
		"$role tries it again");
	is($session->must("SELECT app.glue_wait_request($id)")->output, 'succeeded',
		"$role waits for it");
	harmless("$role, mishaps");
}

#
# Temporary objects
#

$victim->must(<<'SQL');
SET search_path = pg_temp, evil, pg_catalog;
CREATE TEMP TABLE glue_connection (name pg_catalog.text, region pg_catalog.text);
CREATE TEMP TABLE glue_request (id pg_catalog.int8);
CREATE TEMP TABLE glue_request_secret (request pg_catalog.int8);
CREATE TEMP TABLE glue_claimant (claimant pg_catalog.int8);
CREATE TEMP TABLE glue_secret_key (key pg_catalog.bytea);
CREATE TEMP TABLE pg_extension (extname pg_catalog.name);
CREATE TEMP TABLE glue_seen_names (name pg_catalog.text);
CREATE FUNCTION pg_temp.clock_timestamp() RETURNS pg_catalog.timestamptz
	LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.note('temporary'); RETURN NULL; END $$;
CREATE FUNCTION pg_temp.same(pg_catalog.text, pg_catalog.text) RETURNS pg_catalog.bool
	LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.note('temporary'); RETURN true; END $$;
CREATE OPERATOR pg_temp.= (FUNCTION = pg_temp.same,
	LEFTARG = pg_catalog.text, RIGHTARG = pg_catalog.text);
SQL
runs_well($victim, 'temporary objects', everything_of('temporary'));
$hostile->wait_for_requests;
is($admin->must("SELECT count(*) FROM app.glue_request WHERE connection_name"
	  . " LIKE 'temporary%' AND state <> 'succeeded'")->output, '0',
	'temporary tables get nothing');
harmless('temporary objects');

#
# A worker that was killed
#

$glue->misbehave(operation => 'CreateConnection', kind => 'slow',
	delay_ms => 60000, times => 1);
$victim->must(call('enqueue_create_connection', jdbc('orphan')));
wait_until(sub { $glue->created('orphan') }, 'it is created');
$glue->behave;
kill 'KILL', $admin->must("SELECT pid FROM pg_stat_activity"
	  . " WHERE backend_type = 'glue_conn worker'")->output;
wait_until(sub { $admin = eval { $hostile->connect } }, 'the server has restarted');
$hostile->wait_for_requests;
is($glue->created('orphan'), 1, 'an orphan is found again');
$victim = $hostile->session('victim');
runs_well($victim, 'after a crash', 'CALL app.glue_process_requests()');
harmless('orphans');

#
# The purge
#

my $node = $hostile->cluster->node;
$node->append_conf('postgresql.conf', 'glue_conn.request_retention = 0');
$node->reload;
wait_until(sub { $admin->must('SHOW glue_conn.request_retention')->output eq '0' },
	'the setting');
wait_until(sub {
	$victim->must(call('enqueue_delete_connection', 'nobody', undef, undef, 'true'));
	$admin->must('SELECT count(*) < 5 FROM app.glue_request')->output eq 't';
}, 'old requests are deleted');
harmless('the purge');

$_->quit foreach $victim, values %session;
$hostile->finish(killed => 1);
done_testing();
