# Copyright (c) 2026, glue_conn contributors
#
# glue_progress says how far commands have got that take long.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, conf => "restart_after_crash = on\n");
my $glue = $cluster->glue;
my $admin = $cluster->session;
my $session = $cluster->session;

sub progress
{
	my ($by) = @_;

	return ($by // $admin)->must('SELECT command, phase, done, total FROM glue_progress'
		  . ' WHERE pid = ' . $session->pid)->output;
}

# Execute a statement, and see its progress; then cancel it, and see it no
# more.
sub shows
{
	my ($sql, $wanted) = @_;

	$session->send($sql);
	wait_until(sub { progress() eq $wanted }, "the progress is $wanted");
	pass("seen: $wanted");
	$admin->must('SELECT pg_cancel_backend(' . $session->pid . ')');
	is($session->result->sqlstate, '57014', 'it is cancelled');
	is(progress(), '', 'and seen no more');
	$glue->behave;
	return;
}

# Pages of two connections; the third page does not come.
$admin->must(create_sql(referring("c$_"))) foreach 1 .. 6;
$glue->set(page_size => 2, page_limit => 2);
foreach my $command (qw(sync drift))
{
	my $sql = $command eq 'sync' ? 'SELECT glue_sync_connections()' :
	  'SELECT count(*) FROM glue_connection_drift()';

	$glue->misbehave(operation => 'GetConnections', kind => 'stall', skip => 2);
	shows($sql, "$command|reading the catalog|4|");
}

# Three that are recorded are gone, and asked for by their names.
$admin->must("INSERT INTO glue_connection SELECT (c).* FROM (SELECT jsonb_populate_record("
	  . "c, jsonb_build_object('name', 'gone ' || i)) AS c FROM glue_connection c,"
	  . " generate_series(1, 3) AS i WHERE name = 'c1') AS c");
foreach my $command (qw(sync drift))
{
	my $sql = $command eq 'sync' ? 'SELECT glue_sync_connections()' :
	  'SELECT count(*) FROM glue_connection_drift()';

	$glue->misbehave(operation => 'GetConnection', kind => 'stall', skip => 1);
	shows($sql, "$command|looking for the rest|1|3");
}
is($session->must('SELECT count(*) FROM glue_sync_connections()')->output, 3, 'it ends');
is(progress(), '', 'and is seen no more');

$session->must('SET glue_conn.max_concurrent_requests = 1');
$glue->misbehave(operation => 'CreateConnection', kind => 'stall', skip => 2);
shows(create_many_sql('count(*)', [ map { referring("many $_") } 1 .. 5 ]),
	'bulk|creating|2|5');

$session->must('RESET glue_conn.max_concurrent_requests');

# The queue, by a session and by a worker
$cluster->configure($admin, 'glue_conn.databases' => 'elsewhere',
	'glue_conn.max_concurrent_requests' => 2);
wait_for_no_workers($admin);
$admin->must('SELECT ' . join ', ', map { '(' . enqueue_create_sql(referring("queued $_")) . ')' }
	1 .. 5);
$glue->misbehave(operation => 'CreateConnection', kind => 'stall', skip => 2);
shows('CALL glue_process_requests(4)', 'process|carrying out|3|4');
$glue->misbehave(operation => 'CreateConnection', kind => 'stall', times => 0);
$cluster->configure($admin, 'glue_conn.databases' => undef);
wait_until(sub { $admin->must("SELECT waiting_for FROM glue_activity"
		  . " WHERE connection_name = 'queued 5'")->output eq 'answer' }, 'a worker runs');
wait_until(sub { $admin->must('SELECT command, phase, total IS NULL FROM glue_progress p'
		  . " JOIN pg_stat_activity a USING (pid) WHERE backend_type = 'glue_conn worker'")->output
	  eq 'process|carrying out|t' }, 'a worker is seen');
pass('a worker is seen');

# Visibility
$admin->must('CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN; GRANT pg_monitor TO bob;'
	  . ' CREATE DATABASE elsewhere');
my ($alice, $bob) = map { $cluster->session(user => $_) } qw(alice bob);
is($alice->must('SELECT count(*) FROM glue_progress')->output, 0, 'not everybody');
is($bob->must('SELECT count(*) FROM glue_progress')->output, 1, 'but pg_monitor');
my $far = $cluster->session(database => 'elsewhere');
$far->must('CREATE EXTENSION glue_conn');
is($far->must('SELECT count(*) FROM glue_progress')->output, 0, 'and not in another database');

# Nothing is left of a process that is killed.
my ($killed) = workers($admin, 'worker');
kill 'KILL', $killed;
$_->quit foreach $alice, $bob, $far, $session, $admin;
$glue->behave;
wait_until(sub { $admin = eval { $cluster->session } }, 'the server is back');
is($admin->must("SELECT count(*) FROM glue_progress WHERE pid = $killed")->output, 0,
	'nothing is left');

# processes were killed, so the log is not looked at
$admin->quit;
$cluster->node->stop;
$glue->stop;
done_testing();
