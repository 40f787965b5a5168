# Copyright (c) 2026, glue_conn contributors
#
# Background workers carry out requests, and block no other process.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $cluster = GlueConn::Cluster->start(
	init => { allows_streaming => 1 },
	preload => 1, conf => "restart_after_crash = on\n");
my $glue = $cluster->glue;
my $node = $cluster->node;
my $session = $cluster->session;

is(scalar workers($session, 'launcher'), 1, 'there is a launcher');
my $id = enqueue($session, referring('first'));
wait_for_state($session, $id);
is($glue->created('first'), 1, 'a request is carried out after commit');
wait_until(sub { !workers($session, 'worker') }, 'the worker exits');
pass('an idle worker exits');

$id = $session->must('BEGIN; ' . enqueue_create_sql(referring('second')))->output;
is($glue->created('second'), 0, 'nothing happens before commit');
$session->must('COMMIT');
wait_for_state($session, $id);

# A postponed request is carried out in time, by a worker that is started
# again.
$glue->misbehave(operation => 'CreateConnection', kind => 'error', code => 'RequestTimeoutException', status => 400, times => 3);
$id = enqueue($session, referring('later'));
wait_until(sub { $session->must("SELECT attempts FROM glue_request WHERE id = $id")
	->output >= 1 && state_of($session, $id) eq 'queued' }, 'a request is put off');
wait_for_state($session, $id);
is($glue->created('later'), 1, 'a postponed request is carried out in its time');

# Completion is announced.
my $listener = $cluster->session;
$listener->must('LISTEN glue_connection');
$id = enqueue($session, referring('told'));
wait_for_state($session, $id);
like($listener->must('SELECT 1')->output,
	qr/\{"id": $id, "operation": "CreateConnection", "name": "told", "state": "succeeded", "status": "READY"\}/,
	'completion is announced');
$listener->quit;

# Killed in the middle.
$glue->misbehave(operation => 'CreateConnection', kind => 'slow',
	delay_ms => 3000, times => 1);
$id = enqueue($session, referring('killed'));
wait_until(sub { $glue->created('killed') == 1 }, 'it is created');
is(state_of($session, $id), 'running', 'before the outcome is recorded');
kill 'KILL', workers($session, 'worker');
$session->quit;
wait_until(sub {
	my $restarted = eval { $cluster->session } or return 0;
	$session = $restarted;
	return eval { state_of($session, $id) } eq 'succeeded';
}, 'it succeeds after the crash');
is($glue->created('killed'), 1, 'a request of a worker that was killed is found again');
is($cluster->row('killed')->{status}, 'READY', 'and recorded');

# Another database, which can be dropped.
$session->must('CREATE DATABASE other');
my $other = $cluster->session(database => 'other');
$other->must('CREATE EXTENSION glue_conn');
enqueue($other, referring('elsewhere'));
wait_until(sub { $glue->created('elsewhere') == 1 }, 'a request of another database');
$other->quit;
wait_until(sub { !workers($session, 'worker') }, 'the worker exits');
is($session->query('DROP DATABASE other')->sqlstate, '00000',
	'the database can be dropped');

# The extension itself comes and goes.
$session->must('DROP EXTENSION glue_conn');
$session->must('CREATE EXTENSION glue_conn');
$id = enqueue($session, referring('again'));
wait_for_state($session, $id);

# An extension that comes in the transaction that asks for something.
$session->must('DROP EXTENSION glue_conn');
$id = $session->must('BEGIN; CREATE EXTENSION glue_conn; ' . enqueue_create_sql(referring('at once'))
	  . '; COMMIT')->output;
wait_for_state($session, $id);

# A worker that fails is followed by another one, later and later.
is($session->must("SELECT kind FROM glue_worker_summary WHERE database IS NULL")->output,
	'launcher', 'the view shows the launcher');
my $failed = qr/trigger "never" is not permitted/;
$session->must('CREATE CONSTRAINT TRIGGER never AFTER DELETE ON glue_connection'
	  . ' DEFERRABLE FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()');
$id = enqueue($session, referring('stubborn'));
my $since = time;
wait_until(sub {
	my @failures = slurp_file($node->logfile) =~ /ERROR:.*?$failed/g;
	@failures >= 3;
}, 'three workers fail');
cmp_ok(time - $since, '>=', 2, 'workers that fail are started less and less often');
$session->must('DROP TRIGGER never ON glue_connection');
wait_for_state($session, $id);
is($glue->created('stubborn'), 1, 'until they do not fail any more');

# A restart with work left.
$glue->misbehave(operation => 'CreateConnection', kind => 'stall', times => 1);
$id = enqueue($session, referring('over'));
wait_for_state($session, $id, 'running');
$session->quit;
$cluster->in_environment(sub { $node->stop('fast'); $node->start; });
$session = $cluster->session;
wait_for_state($session, $id);
is($glue->created('over'), 1, 'once');

# Requests that ended long ago are deleted.
cmp_ok($session->must('SELECT count(*) FROM glue_request')->output, '>', 1,
	'requests that have ended are kept');
$node->append_conf('postgresql.conf', 'glue_conn.request_retention = 0');
$node->reload;
wait_until(sub { $session->must('SHOW glue_conn.request_retention')->output eq '0' },
	'the setting');
wait_until(sub { !workers($session, 'worker') }, 'the worker exits');
enqueue($session, referring('last'));
wait_until(sub { $session->must("SELECT count(*) FROM glue_request"
	. " WHERE connection_name <> 'last'")->output eq '0' }, 'old requests are deleted');
pass('until they are too old');

$session->quit;
is(scalar(grep { !/$failed/ } slurp_file($node->logfile) =~ /^.*ERROR:.*$/mg), 0,
	'nothing else failed');

#
# A standby takes over
#

$node->append_conf('postgresql.conf', "glue_conn.worker = off\n"
	  . "wal_level = replica\nmax_wal_senders = 3\nhot_standby = on");
$cluster->in_environment(sub { $node->restart });
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'glue_conn.worker = on');
$cluster->start_node($standby);
$session = $cluster->session;
is(scalar workers($session, 'launcher'), 0, 'the launcher can be switched off');
$id = enqueue($session, referring('promoted'));
$node->wait_for_catchup($standby);
is($standby->safe_psql('postgres',
		"SELECT count(*) FROM pg_stat_activity WHERE backend_type ~ '^glue_conn'"),
	'0', 'nobody processes the queue of a standby');
$standby->promote;
wait_until(sub { $standby->safe_psql('postgres',
		"SELECT state FROM glue_request WHERE id = $id") eq 'succeeded' },
	'its queue after the promotion');
is($glue->created('promoted'), 1, 'after its promotion they are processed');
$standby->stop;
$session->must("SELECT glue_cancel_request($id)");

#
# No room for workers
#

$session->quit;
$node->append_conf('postgresql.conf',
	"glue_conn.worker = on\nmax_worker_processes = 2");
$cluster->in_environment(sub { $node->restart });
$session = $cluster->session;
$id = enqueue($session, referring('patient'));
wait_until(sub { slurp_file($node->logfile) =~ /could not start a background worker/ },
	'the log says so');
like(slurp_file($node->logfile),
	qr/could not start a background worker for the requests of glue_conn.*DETAIL:.*HINT:  Raise "max_worker_processes"/s,
	'a server without room for workers says so');
work($session);
is(state_of($session, $id), 'succeeded', 'and a session can process the queue itself');
my @told = slurp_file($node->logfile) =~ /(could not start a background worker)/g;
is(scalar(@told), 1, 'once');

$session->quit;
$node->stop;
$glue->stop;
done_testing();
