# Copyright (c) 2026, glue_conn contributors
#
# The worker that records intents: if a caller's wait for it, or the worker
# itself, is ended in any way, no unrecorded call is sent, no session hangs,
# and the next call works.
#
# The worker is stopped by a signal; or, after it has recorded an intent and
# before its answer, by a synchronous standby that does not exist.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $cluster = GlueConn::Cluster->start(
	init => { allows_streaming => 1 },
	preload => 1, conf => "max_connections = 50\n");
my $glue = $cluster->glue;
my $node = $cluster->node;
my $session = $cluster->session;

# Boxes for calls that wait, as many as one database can have.
my $boxes = 32;

sub create
{
	my ($name) = @_;

	return create_sql(referring($name));
}

# Stop the journal's worker when it has nothing to do, and is not about to
# exit; returns its process ID.
sub stop_worker
{
	while (1)
	{
		my $since = time;
		$session->must("SELECT glue_delete_connection('none', missing_ok => true)");
		my ($pid) = workers($session, 'journal worker');
		next if !defined $pid || !kill 'STOP', $pid;
		return $pid if time - $since < 1;
		kill 'CONT', $pid;
	}
}

sub wait_event
{
	my ($waiting) = @_;

	return $session->must('SELECT wait_event FROM pg_stat_activity'
		  . ' WHERE pid = ' . $waiting->pid)->output;
}

sub is_resolved
{
	return $session->must('SELECT count(*) FROM glue_request'
		  . ' WHERE finished_at IS NULL')->output eq '0';
}

# Have a session make a call, and wait until it waits for the worker.
sub begin_call
{
	my ($waiting, $sql) = @_;

	$waiting->send($sql);
	wait_until(sub { wait_event($waiting) =~ /^(?:Extension|GlueConnJournal)$/ },
		'a call waits for the worker');
	return;
}

#
# The contents and the time of an intent
#

my $caller = $cluster->session;
$caller->must('BEGIN; ' . create('first'));
is($session->must('SELECT state FROM glue_request'
		. " WHERE connection_name = 'first'")->output,
	'running', 'others see a call of a transaction that has not ended');
is($session->must("SELECT kind FROM glue_worker_summary WHERE kind ~ 'journal'")
	  ->output, 'journal worker', 'the view shows the worker that has recorded it');
$caller->must('COMMIT');
is($session->must('SELECT state FROM glue_request'
		. " WHERE connection_name = 'first'")->output,
	'succeeded', 'its own transaction writes down how it ended');

my @callers = map { $cluster->session } 1 .. 3;
my $worker = stop_worker();
begin_call($callers[$_], 'BEGIN; ' . create("together$_")) foreach 0 .. 2;
kill 'CONT', $worker;
is($callers[$_]->result->output, 'READY', "call $_ continues") foreach 0 .. 2;
is($session->must('SELECT count(*), count(DISTINCT xmin::text) FROM glue_request'
		. " WHERE connection_name ~ '^together'")->output,
	'3|1', 'calls that come together are committed once');
$_->must('COMMIT') foreach @callers;

# more than a box has room for
my $large = 'ARRAY[' . join(', ', map {
	literal(json_text(jdbc("large$_", Description => 'x' x 2000,
		ConnectionProperties => {
			JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', SECRET_ID => 's' })))
	  . '::jsonb' } 1 .. 40) . ']';
is($caller->must('SELECT count(*) FROM glue_create_connections('
		. "$large) WHERE status = 'READY'")->output, '40', 'many calls at once');
is($session->must('SELECT count(*) FROM glue_request'
		. " WHERE connection_name ~ '^large' AND state = 'succeeded'")->output,
	'40', 'are all recorded');

#
# Callers that exit
#

$worker = stop_worker();
begin_call($caller, create('cancelled'));
$session->must('SELECT pg_cancel_backend(' . $caller->pid . ')');
my $result = $caller->result;
is($result->sqlstate, '57014', 'a call that waits for the worker is cancelled');
$result = $caller->query("SET statement_timeout = '200ms'; "
	  . "SELECT count(*) FROM glue_create_connections($large)");
is($result->sqlstate, '57014', 'and by statement_timeout, if it is large');
cmp_ok($result->seconds, '<', 5, 'in time');
begin_call($callers[0], create('terminated'));
$session->must('SELECT pg_terminate_backend(' . $callers[0]->pid . ')');
is($callers[0]->result->sqlstate, '57P01', 'a backend that waits is terminated');
$caller->must('RESET statement_timeout');

# each of them gives its box back, or there would be none left
foreach (0 .. $boxes)
{
	$caller->query("SET statement_timeout = '20ms'; " . create('impatient'));
}
$caller->must('RESET statement_timeout');
kill 'CONT', $worker;
is($caller->must(create('patient'))->output, 'READY', 'then calls work again');
is(scalar(grep { defined $glue->connection($_) } qw(cancelled terminated impatient)),
	0, 'and nothing was sent of those that were not recorded');

# more callers than boxes
$worker = stop_worker();
@callers = map { $cluster->session } 0 .. $boxes;
$callers[$_]->send("SELECT glue_delete_connection('none$_', missing_ok => true)")
  foreach 0 .. $boxes;
wait_until(sub { $session->must('SELECT count(*) FROM pg_stat_activity'
	. " WHERE state = 'active' AND wait_event ~ '^(?:Extension|GlueConnJournal)'"
	. " AND query ~ 'missing_ok' AND pid <> pg_backend_pid()")->output > $boxes },
	'all boxes are full');
kill 'CONT', $worker;
is(scalar(grep { $_->result->output eq 'f' } @callers), $boxes + 1,
	'a call without a box waits for one');
$_->quit foreach @callers;

#
# Workers that exit
#

$worker = stop_worker();
begin_call($caller, create('retold'));
kill 'TERM', $worker;
kill 'CONT', $worker;
is($caller->result->output, 'READY',
	'a call whose worker ends is recorded by the next one');

# taken, and recorded, but not said so
$caller->must('CREATE TABLE probe (i integer)');
$node->append_conf('postgresql.conf', "synchronous_standby_names = 'nobody'");
$node->reload;

# The checkpointer has to learn that as well, before commits wait.
sub commit_waits
{
	my $count = 'SELECT count(*) FROM probe';
	my $before = $session->must($count)->output;
	my $waits;

	$caller->send('INSERT INTO probe VALUES (1)');
	wait_until(sub {
		$waits = $session->must("SELECT wait_event = 'SyncRep'"
			  . ' FROM pg_stat_activity WHERE pid = ' . $caller->pid)->output eq 't';
		return $waits || $session->must($count)->output > $before;
	}, 'a commit, or a wait for a standby');
	$session->must('SELECT pg_cancel_backend(' . $caller->pid . ')') if $waits;
	$caller->result;
	return $waits;
}
wait_until(\&commit_waits, 'commits wait for a standby');
$session->must('SET synchronous_commit = local');
sub begin_recorded_call
{
	my ($sql) = @_;

	$caller->send("SET synchronous_commit = local; $sql");
	wait_until(sub { $session->must('SELECT wait_event FROM pg_stat_activity'
		. " WHERE backend_type = 'glue_conn journal worker'")->output eq 'SyncRep' },
		'the worker waits for a standby');
	return;
}
begin_recorded_call(create('taken'));
$session->must('SELECT pg_cancel_backend(' . $caller->pid . ')');
is($caller->result->sqlstate, '57014', 'a call that is being recorded is cancelled');
kill 'TERM', workers($session, 'journal worker');
wait_until(sub { !workers($session, 'journal worker') }, 'the worker ends');
begin_recorded_call(create('answered'));
kill 'TERM', workers($session, 'journal worker');
is($caller->result->output, 'READY', 'a worker that ends answers recorded calls');
begin_recorded_call(create('late'));
$result = $caller->result;
is($result->sqlstate, '53000', 'a worker that takes too long is not waited for');
like($result->text, qr/no background worker has recorded the call in time.*waits for a synchronous standby\. Nothing was sent\..*"synchronous_standby_names"/s,
	'the error names the missing standby');
cmp_ok($result->seconds, '<', 15, 'in time');
is($glue->created('late') + $glue->created('taken'), 0, 'nothing is sent');
$node->append_conf('postgresql.conf', "synchronous_standby_names = ''");
$node->reload;
wait_until(\&is_resolved, 'all of that is resolved');
pass('calls that were recorded and not sent are resolved');

# idle ones exit
$session->must('CREATE DATABASE other');
my $other = $cluster->session(database => 'other');
$other->must('CREATE EXTENSION glue_conn');
is($other->must(create('elsewhere'))->output, 'READY', 'a call of another database');
$other->quit;
wait_until(sub { !workers($session, 'journal worker') && !workers($session, 'worker') },
	'the workers exit');
is($session->query('DROP DATABASE other')->sqlstate, '00000',
	'idle workers exit, and the database can be dropped');

# a database that is not served makes its calls all the same
$node->append_conf('postgresql.conf', "glue_conn.databases = 'other'");
$node->reload;
wait_until(sub { $caller->must('SHOW glue_conn.databases')->output ne '' }, 'the setting');
is($caller->must(create('unserved'))->output, 'READY', 'a call that nobody records');
is($session->must('SELECT count(*) FROM glue_request'
		. " WHERE connection_name = 'unserved'")->output, '0', 'is not recorded');
$node->append_conf('postgresql.conf', "glue_conn.databases = ''");

# a server without room for workers
$_->quit foreach $session, $caller, @callers;
$node->append_conf('postgresql.conf', 'max_worker_processes = 2');
$cluster->in_environment(sub { $node->restart });
$session = $cluster->session;
wait_until(sub { workers($session, 'launcher') }, 'the launcher');
$result = $session->query(create('homeless'));
is($result->sqlstate, '53000', 'without room for a worker a call fails');
cmp_ok($result->seconds, '<', 15, 'in time');
like($result->text, qr/DETAIL:  There is no room for another background worker\..*HINT:  Raise "max_worker_processes"\./s,
	'the error says so');
is($glue->created('homeless'), 0, 'and nothing is sent');
like(slurp_file($node->logfile),
	qr/could not start a background worker for the journal of glue_conn.*HINT:  Raise "max_worker_processes"/s,
	'the log says why');

$session->quit;
$cluster->finish;
done_testing();
