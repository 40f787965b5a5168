# Copyright (c) 2026, glue_conn contributors
#
# A service with a rate limit throttles as few messages as possible, and no
# call fails because of it.
#
# The local Glue has a token bucket for each operation, which is full at first;
# a throttled message takes no token.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use Test::More;
use Time::HiRes qw(time);

my $cluster = GlueConn::Cluster->start(
	preload => 1, conf => "restart_after_crash = on\n");
my $glue = $cluster->glue;
my $session = $cluster->session;

# The state of an operation: whether there is a limit, the number of throttled
# messages, and the number of waiting calls.
sub known
{
	my ($operation, $columns, $own) = @_;

	$columns //= 'requests_per_second IS NOT NULL, throttled, waiting';
	return $session->must("SELECT $columns FROM glue_rate_limit WHERE operation = "
		  . literal($operation) . ' AND own = ' . ($own // 'false'))->output;
}

# The statuses of the messages that a watch has seen.
sub statuses { return map { $_->{status} } $_[0]->requests($_[1]); }

# A limit that is unknown to the callers.
sub limit
{
	my ($rate, $burst) = @_;

	$session->quit if $session;
	$session = undef;
	$cluster->in_environment(sub { $cluster->node->restart });
	$glue->set(requests_per_second => $rate, burst => $burst);
	$session = $cluster->session;
	return $cluster->watch;
}

#
# Every way to make calls
#

my $watch = limit(20, 5);
is($session->must(create_many_sql('count(*), count(*) FILTER (WHERE error_code IS NOT NULL)',
		[ map { referring("bulk $_") } 1 .. 40 ]))->output,
	'40|0', 'many at once: all are made');
my @refused = grep { $_ == 400 } statuses($watch, 'CreateConnection');
cmp_ok(scalar @refused, '>', 0, 'some are refused');
cmp_ok(scalar @refused, '<', 12, 'but few');
is(known('CreateConnection'), 't|' . @refused . '|0', 'the view shows the limit');
is(known('CreateConnection', 'target'), $glue->url . '/ 123456789012',
	'with endpoint and account');
unlike(known('GetConnection'), qr/^t/, 'each operation has its own limit');

$session->must('SELECT ' . join ', ', map { '(' . enqueue_create_sql(referring("queue $_")) . ')' }
	1 .. 20);
$session->must("CREATE TABLE source (connection_input jsonb);"
	  . ' CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON source'
	  . ' FOR EACH ROW EXECUTE FUNCTION glue_provision_connection()');
$session->must('INSERT INTO source SELECT ' . join ' UNION ALL SELECT ',
	map { literal(json_text(referring("row $_"))) . '::jsonb' } 1 .. 10);
is($session->must(create_sql(referring('call')))->output, 'READY', 'a call at once');
wait_until_ended($session);
is($session->must("SELECT string_agg(DISTINCT state || ' ' || attempts, ', ') FROM glue_request")
	->output, 'succeeded 1', 'the queue and rows: none is tried twice');
is(scalar(grep { $glue->created("queue $_") == 1 } 1 .. 20), 20, 'all are made');
is(scalar(grep { $glue->created("row $_") == 1 } 1 .. 10), 10, 'and those of rows');

$session->must('BEGIN');
is($session->must(create_many_sql('count(*)', [ map { referring("undone $_") } 1 .. 15 ]))->output,
	15, 'many at once, in a transaction');
$session->must('ROLLBACK');
wait_until(sub { !grep { $_->{name} =~ /^undone/ } @{ $glue->state->{connections} } },
	'all are undone');
pass('rolled-back calls are undone');

$glue->set(page_size => 2, page_limit => 2);
$watch = $cluster->watch;
$session->must('SELECT count(*) FROM glue_sync_connections()');
cmp_ok(scalar(grep { $_ == 400 } statuses($watch, 'GetConnections')), '>', 0,
	'reading a catalog of many pages is refused');
is($session->must('SELECT count(*) FROM glue_connection')->output, 71, 'and succeeds');
$glue->set(page_size => 100, page_limit => 1000);

#
# How often a call is refused does not matter
#

limit(0, 1);
$glue->misbehave(operation => 'CreateConnection', kind => 'throttle', times => 3);
$session->must('SET glue_conn.max_attempts = 1');
$watch = $cluster->watch;
is($session->must(create_sql(referring('patient')))->output, 'READY',
	'a call is refused more often than it is attempted');
is(join(' ', statuses($watch, 'CreateConnection')), '400 400 400 200',
	'and is made in the end');
is(known('CreateConnection'), 't|3|0', 'each refusal counts once');

$glue->misbehave(kind => 'throttle', times => 0);
$session->must('SET glue_conn.request_timeout = 1500');
my $begun = time;
my $result = $session->query(create_sql(referring('hopeless')));
is($result->sqlstate, '53400', 'if no call gets through, it fails');
cmp_ok(time - $begun, '>=', 1.5, 'after request_timeout');
like($result->message, qr/"hopeless": ThrottlingException$/, 'and says why');
like($result->hint, qr/"glue_conn\.request_timeout"/, 'and the remedy');

# A call of another one gets through now and then.
my $other = $cluster->session;
$other->send(create_sql(referring('lucky')));
wait_until(sub { known('CreateConnection', 'waiting') eq '1' }, 'another call waits');
$glue->behave;
is($other->result->output, 'READY', 'it is made when the service recovers');

#
# A waiting call can be cancelled
#

$glue->misbehave(kind => 'throttle', times => 0);
foreach my $how (qw(pg_cancel_backend pg_terminate_backend))
{
	my ($first, $second) = map { $cluster->session } 1 .. 2;

	$first->send(create_sql(referring("first $how")));
	wait_until(sub { known('CreateConnection', 'waiting') eq '1' }, 'the first waits');
	$second->send(create_sql(referring("second $how")));
	wait_until(sub { known('CreateConnection', 'waiting') eq '2' }, 'so does the second');
	is($session->must('SELECT wait_event FROM pg_stat_activity WHERE pid = ' . $second->pid)
		->output, $session->must('SHOW server_version_num')->output >= 170000 ?
		'GlueConnRateLimit' : 'Extension', "$how: which can be seen");
	$session->must("SELECT $how(" . $first->pid . ')');
	is($first->result->sqlstate, $how eq 'pg_cancel_backend' ? '57014' : '57P01',
		"$how: a waiting session can be stopped");
	is(known('CreateConnection', 'waiting'), '1', "$how: and waits no more");
	$glue->behave;
	is($second->result->output, 'READY', "$how: the next one continues");
	is($glue->created("first $how"), 0, "$how: nothing was made");
	$glue->misbehave(kind => 'throttle', times => 0);
	$_->quit foreach $first, $second;
}
$session->must("SET statement_timeout = '500ms'");
is($session->query(create_sql(referring('timed out')))->sqlstate, '57014',
	'statement_timeout ends the wait');
$session->must('RESET statement_timeout');
$glue->behave;

# An abandoned message does not count any more: at first there is room
# for one alone.
limit(0, 1);
foreach my $how (qw(pg_cancel_backend pg_terminate_backend))
{
	my $held = $cluster->held_session('stall', "held $how", create_sql(referring("held $how")));

	$session->must("SELECT $how(" . $held->pid . ')');
	isnt($held->result->sqlstate, '00000', "$how: a call under way is abandoned");
	$held->quit;
}
is($session->must(create_sql(referring('after')))->output, 'READY', 'others continue');
is(known('CreateConnection', 'waiting, requests_per_second'), '0|', 'there is no limit');

# All processes lose the shared state if one is killed.
foreach my $kind (qw(throttle stall))
{
	my $killed = $cluster->session;

	$glue->misbehave(operation => 'CreateConnection', kind => $kind, times => 0);
	$watch = $cluster->watch;
	$killed->send(create_sql(referring("killed $kind")));
	wait_until(sub { $watch->sent('CreateConnection') }, 'it is sent');
	kill 'KILL', $killed->pid;
	$_->quit foreach $killed, $session;
	$glue->behave;
	wait_until(sub { $session = eval { $cluster->session } }, 'the server is back');
	is($session->must(create_sql(referring("after a kill, $kind")))->output, 'READY',
		"a process is killed, $kind: others continue");
}

#
# Order
#

limit(4, 2);
my $before = $cluster->watch;
$session->must('SELECT ' . join ', ', map { '(' . enqueue_create_sql(referring("many $_")) . ')' }
	1 .. 40);
wait_until(sub { (grep { $_ == 400 } statuses($before, 'CreateConnection'))
	  && known('CreateConnection', 'waiting > 1') eq 't' }, 'the queue waits');
$watch = $cluster->watch;
is($session->must(create_sql(referring('urgent')))->output, 'READY', 'a call at once');
my @before = map { $_->{body} =~ /"urgent"/ ? 'urgent' : 'queue' }
  grep { $_->{status} == 200 } $watch->requests('CreateConnection');
cmp_ok(scalar(grep { $_ eq 'queue' } @before), '<', 4, 'goes before the queue');
$session->must('BEGIN; ' . create_sql(referring('rolled back')) . '; ROLLBACK');
wait_until(sub { !$glue->connection('rolled back') }, 'it is undone');
cmp_ok($session->must('SELECT count(*) FROM glue_request WHERE finished_at IS NULL')->output,
	'>', 5, 'so do undos');
$glue->set(requests_per_second => 0);
wait_until_ended($session);

#
# A limit of our own
#

limit(0, 1);
$session->must('ALTER SYSTEM SET glue_conn.max_requests_per_second = 20');
$session->must('SELECT pg_reload_conf()');
wait_until(sub { $session->must('SHOW glue_conn.max_requests_per_second')->output eq '20' },
	'the limit is set');
$watch = $cluster->watch;
$begun = time;
is($session->must(create_many_sql('count(*), count(*) FILTER (WHERE error_code IS NOT NULL)',
		[ map { referring("paced $_") } 1 .. 40 ]))->output, '40|0', 'a limit of our own');
cmp_ok(time - $begun, '>=', 38 / 20, 'paces calls');
is(scalar(grep { $_ != 200 } statuses($watch, 'CreateConnection')), 0, 'none is refused');
is(known('CreateConnection', 'requests_per_second', 'true'), '20', 'and is known');
is(known('CreateConnection', 'requests_per_second'), '', 'besides that of AWS');

#
# Visibility
#

$session->must('CREATE ROLE watcher LOGIN; CREATE ROLE stranger LOGIN; GRANT pg_monitor TO watcher');
is($cluster->query('SELECT count(*) FROM glue_rate_limit', user => 'stranger')->sqlstate,
	'42501', 'the view is not for everybody');
is($cluster->query('SELECT count(*) > 0 FROM glue_rate_limit', user => 'watcher')->output,
	't', 'but for monitors');

# processes were killed, so the log is not looked at
$session->quit;
$cluster->node->stop;
$glue->stop;
done_testing();
