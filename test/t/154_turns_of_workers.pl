# Copyright (c) 2026, glue_conn contributors
#
# Processes that wait for their turns start, stop, exit and crash; and none
# waits for them for ever, nothing is lost, and nothing is made twice.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, conf => <<'CONF');
restart_after_crash = on
glue_conn.settle_time = '1s'
glue_conn.request_timeout = '4s'
CONF
my $glue = $cluster->glue;
my $session = $cluster->session;

# How many calls wait, to an operation or to all.
sub waiting
{
	my ($operation) = @_;

	return $session->must('SELECT coalesce(sum(waiting), 0) FROM glue_rate_limit'
		  . (defined $operation ? ' WHERE operation = ' . literal($operation) : ''))->output;
}

sub throttle
{
	$glue->misbehave(operation => $_, kind => 'throttle', times => 0) foreach @_;
	return;
}

# The server has lost a process, and with it all of them.
sub reconnect
{
	$session->quit;
	wait_until(sub { $session = eval { $cluster->session } }, 'the server is back');
	return;
}

#
# Processes that carry out requests
#

my @changes = qw(CreateConnection UpdateConnection DeleteConnection);

# Requests wait for their turns, and the process that carries them out is stopped.
sub test_queue
{
	my ($case, $worker, $stop, $go_on) = @_;

	$session->must(create_sql(referring($_))) foreach "$case old", "$case gone";
	my $watch = $cluster->watch;
	throttle(@changes);
	$session->must(enqueue_create_sql(referring("$case $_"))) foreach 1 .. 6;
	$session->must(enqueue_update_sql(referring("$case old", Description => 'new')));
	$session->must(enqueue_delete_sql("$case gone"));
	my $pid = $worker->();
	foreach my $operation (@changes)
	{
		wait_until(sub { $watch->sent($operation) && waiting($operation) > 0 },
			"$case: $operation waits");
	}
	$stop->($pid);
	is(scalar(grep { $watch->processed($_) } @changes), 0, "$case: nothing is carried out");
	$glue->behave;
	wait_until(sub {
		$go_on->();
		return $session->must('SELECT count(*) FROM glue_request WHERE finished_at IS NULL')
		  ->output eq '0';
	}, "$case: nothing is open");
	is($session->must('SELECT string_agg(DISTINCT state, $$, $$) FROM glue_request'
			  . ' WHERE connection_name LIKE ' . literal("$case%"))->output, 'succeeded',
		"$case: all is carried out in the end");
	is(scalar(grep { $glue->created("$case $_") == 1 } 1 .. 6), 6, "$case: once");
	like($session->must(get_sql("$case old"))->output, qr/"Description": "new"/,
		"$case: the update, too");
	ok(!$glue->connection("$case gone"), "$case: and the deletion");
	is(waiting(), '0', "$case: no process waits");
	return;
}

sub queue_worker
{
	my $pid;

	wait_until(sub { ($pid) = workers($session, 'worker') }, 'the worker');
	return $pid;
}

test_queue('terminated', \&queue_worker, sub {
	$session->must("SELECT pg_terminate_backend($_[0])"); }, sub { });
test_queue('killed', \&queue_worker, sub {
	kill 'KILL', $_[0];
	wait_until(sub { !kill 0, $session->pid }, 'all sessions end');
	reconnect(); }, sub { });

# The same of a session that does.
$cluster->configure($session, 'glue_conn.databases' => 'another');
foreach my $function (qw(pg_cancel_backend pg_terminate_backend))
{
	wait_for_no_workers($session);
	my $caller = $cluster->session;

	test_queue($function,
		sub { $caller->send('CALL glue_process_requests()'); return $caller->pid; },
		sub {
			$session->must("SELECT $function($_[0])");
			like($caller->result->sqlstate, qr/^57/, "$function: it is stopped");
			is(waiting(), '0', "$function: it waits no more");
			$caller->quit; },
		sub { work($session); });
}

# More limits than a process has lines for, of which it leaves all.
my $caller = $cluster->session;
throttle('CreateConnection');
foreach my $n (1 .. 20)
{
	$session->must("SET glue_conn.region = 'us-east-$n'");
	$session->must(enqueue_create_sql(referring("region $n")));
}
$session->must('RESET glue_conn.region');
$caller->send('CALL glue_process_requests()');
wait_until(sub { waiting() == 20 }, 'calls to many regions wait');
$session->must('SELECT pg_terminate_backend(' . $caller->pid . ')');
is($caller->result->sqlstate, '57P01', 'calls to many regions: it is stopped');
is(waiting(), '0', 'calls to many regions: none waits');
$session->must("SELECT glue_cancel_request(id) FROM glue_request WHERE state = 'queued'");
$glue->behave;
$caller->quit;
$cluster->configure($session, 'glue_conn.databases' => undef);
wait_until_ended($session);

#
# Processes that undo calls
#

foreach my $way (qw(terminated killed))
{
	my $name = "undo $way";

	throttle('DeleteConnection');
	my $watch = $cluster->watch;
	$session->must('BEGIN; ' . create_sql(referring($name)) . '; ROLLBACK');
	wait_until(sub { $watch->sent('DeleteConnection') && waiting('DeleteConnection') > 0 },
		"$name: it waits");
	my $pid = queue_worker();
	if ($way eq 'killed')
	{
		kill 'KILL', $pid;
		wait_until(sub { !kill 0, $session->pid }, 'all sessions end');
		reconnect();
	}
	else
	{
		$session->must("SELECT pg_terminate_backend($pid)");
	}
	ok($glue->connection($name), "$name: it is still there");
	$glue->behave;
	wait_until_ended($session);
	ok(!$glue->connection($name), "$name: and is undone in the end");
	is($session->must("SELECT state FROM glue_request WHERE connection_name = '$name'")->output,
		'rolled_back', "$name: which is recorded");
}

#
# A session that stands still
#

# It has the first place in the line, and does not come when it is its turn.
throttle('CreateConnection');
my @sessions = map { $cluster->session } 1 .. 4;
foreach my $i (0 .. $#sessions)
{
	$sessions[$i]->send(create_sql(referring("in line $i")));
	wait_until(sub { waiting('CreateConnection') == $i + 1 }, "session $i waits");
}
kill 'STOP', $sessions[0]->pid;
$glue->behave;
is($sessions[$_]->result->output, 'READY', "a stopped session is skipped by $_")
  foreach 1 .. $#sessions;
kill 'CONT', $sessions[0]->pid;
is($sessions[0]->result->output, 'READY', 'and continues when it can');
$_->quit foreach @sessions;

# Some give up all the time, and others continue.
$glue->set(requests_per_second => 20, burst => 2);
my @steady = map { $cluster->session } 1 .. 6;
my @fickle = map { $cluster->session(settings => { statement_timeout => '200ms' }) } 1 .. 3;
foreach my $round (1 .. 3)
{
	$steady[$_]->send(join '; ', map { create_sql(referring($_)) }
		  map { "steady $round $_" } $_ * 4 + 1 .. $_ * 4 + 4) foreach 0 .. $#steady;
	foreach my $i (0 .. $#fickle)
	{
		$fickle[$i]->send(join '; ', map { create_sql(referring($_)) }
			  map { "fickle $round $i $_" } 1 .. 20);
	}
	is($_->result->sqlstate, '00000', "round $round: steady sessions are served") foreach @steady;
	$_->result foreach @fickle;
}
is(scalar(grep { $glue->created($_) == 1 } map { my $round = $_; map { "steady $round $_" } 1 .. 24 }
	  1 .. 3), 72, 'each is made once');
$glue->set(requests_per_second => 0);
wait_until_ended($session);
is(waiting(), '0', 'in the end, no process waits');
$_->quit foreach @steady, @fickle;

# processes were killed, so the log is not looked at
$session->quit;
$cluster->node->stop;
$glue->stop;
done_testing();
