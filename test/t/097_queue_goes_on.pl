# Copyright (c) 2026, glue_conn contributors
#
# Events that could stop the queue do not stop it, or are reported at once: a
# prepared transaction, a template, a clock that was set back, a database that
# is not served any more.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, conf => "max_prepared_transactions = 5\n");
my $glue = $cluster->glue;
my $node = $cluster->node;
my $session = $cluster->session;

sub create { return create_sql(referring(@_)); }

#
# A prepared transaction, whose session is gone when it commits
#

my $other = $cluster->session;
my $id = $other->must('BEGIN; ' . enqueue_create_sql(referring('prepared')))->output;
$other->must("PREPARE TRANSACTION 'p'");
$other->quit;
wait_for_no_workers($session);
$session->must("COMMIT PREPARED 'p'");
is(state_of($session, $id), 'queued', 'a request of a prepared transaction');
wait_for_state($session, $id);
is($glue->created('prepared'), 1, 'is carried out when that has committed');

$other = $cluster->session;
$id = $other->must('BEGIN; ' . enqueue_create_sql(referring('restarted')))->output;
$other->must("PREPARE TRANSACTION 'p'");
$_->quit foreach $other, $session;
$cluster->in_environment(sub { $node->restart });
$session = $cluster->session;
wait_for_no_workers($session);
$session->must("COMMIT PREPARED 'p'");
wait_for_state($session, $id);
pass('also after a restart');

#
# A template
#

$session->must('CREATE DATABASE model');
my $model = $cluster->session(database => 'model');
$model->must('CREATE EXTENSION glue_conn');
$session->must('ALTER DATABASE model IS_TEMPLATE true');
my %in_template = ('a call' => create('model'), 'a request' => enqueue_create_sql(referring('model')));
foreach my $what (sort keys %in_template)
{
	my $result = $model->query($in_template{$what});

	is($result->sqlstate, '53000', "$what in a template is refused");
	cmp_ok($result->seconds, '<', 5, "$what in a template: at once");
	like($result->text,
		qr/database "model" is a template.*HINT: .*ALTER DATABASE model IS_TEMPLATE false/s,
		"$what in a template: the error says so");
}
is($glue->created('model'), 0, 'a database that is a template');
$session->must('ALTER DATABASE model IS_TEMPLATE false');
is($model->must(create('model'))->output, 'READY', 'when it is none any more');
$id = enqueue($model, referring('model too'));
wait_until(sub { $glue->created('model too') }, 'a request in it');
pass('it is as any other database');
$model->quit;

#
# A clock that was set back
#

# Put a request off, and change its row as if that had been at another time.
sub put_off
{
	my ($name, $assignments) = @_;

	$glue->misbehave(operation => 'CreateConnection', kind => 'error', code => 'RequestTimeoutException', status => 400,
		name => $name, times => 0);
	$id = enqueue_put_off($session, referring($name));
	$session->must("UPDATE glue_request SET $assignments WHERE id = $id");
	$glue->behave;
	return $id;
}

# News of something else has the queue looked at.
sub look
{
	my ($name) = @_;

	wait_for_state($session, enqueue($session, referring($name)));
	return;
}

$id = put_off('never tried', <<'SQL');
	requested_at = now() + interval '1 h',
	next_attempt_at = now() + interval '1 h', started_at = NULL, attempts = 0
SQL
look('first');
wait_for_state($session, $id);
pass('a request dated in the future is due');

$id = put_off('in a day', "next_attempt_at = now() + interval '1 day'");
look('second');
wait_for_state($session, $id);
pass('so is one with an impossible delay');

$id = put_off('in an hour', <<'SQL');
	requested_at = now() + interval '1 h',
	next_attempt_at = now() + interval '1 h'
SQL
look('third');
is(state_of($session, $id), 'queued', 'but a tried one is not retried all the time');
is($session->must("SELECT glue_retry_request($id)")->output, 'queued',
	'it can be retried');
wait_for_state($session, $id);
pass('and is due then');

#
# A database that is not served any more
#

my $caller = $cluster->session;
$caller->must('BEGIN');
is($caller->must(create('orphan'))->output, 'READY', 'a call is made');
$cluster->configure($session, 'glue_conn.databases' => 'another');
$caller->must('ROLLBACK');
wait_until(sub { !$glue->connection('orphan') }, 'it is undone');
pass('glue_conn.databases does not name the database any more, or it has become a template');
is($session->must("SELECT state FROM glue_request WHERE connection_name = 'orphan'")
	->output, 'rolled_back', 'and recorded');
$id = enqueue($session, referring('unserved'));
$caller->must('BEGIN');
$caller->must(create('not journalled'));
$caller->must('ROLLBACK');
is(state_of($session, $id), 'queued', 'nothing else is done there');
is($session->must('SELECT count(*) FROM glue_request'
	. " WHERE connection_name = 'not journalled'")->output, 0, 'nor journalled');
$cluster->configure($session, 'glue_conn.databases' => undef);
wait_for_state($session, $id);
pass('until it is served again');
$caller->must('BEGIN; ' . create('in a template now'));
$session->must('ALTER DATABASE postgres IS_TEMPLATE true');
$caller->must('ROLLBACK');
wait_until(sub { !$glue->connection('in a template now') }, 'it is undone');
pass('and in a template');
$session->must('ALTER DATABASE postgres IS_TEMPLATE false');

# and the launcher is another one
$glue->misbehave(operation => 'DeleteConnection', kind => 'error', code => 'RequestTimeoutException', status => 400, times => 0);
$caller->must('BEGIN; ' . create('left'));
$cluster->configure($session, 'glue_conn.databases' => 'another');
$caller->must('ROLLBACK');
wait_until(sub { $session->must('SELECT count(*) FROM glue_request'
	. " WHERE connection_name = 'left' AND state = 'queued'"
	. ' AND error_code IS NOT NULL')->output }, 'the undo is put off');
wait_for_no_workers($session);
$session->must('SELECT pg_terminate_backend(pid) FROM pg_stat_activity'
	  . " WHERE backend_type = 'glue_conn launcher'");
$glue->behave;
wait_until(sub { !$glue->connection('left') }, 'it is undone');
pass('another launcher knows the open undo');
$cluster->configure($session, 'glue_conn.databases' => undef);
$caller->quit;

#
# A session that carries out requests is terminated while no worker runs
#

$cluster->configure($session, 'glue_conn.databases' => 'another');
$glue->misbehave(operation => 'CreateConnection', kind => 'stall', times => 1);
$id = enqueue($session, referring('claimed'));
$other = $cluster->session;
my $watch = $cluster->watch;
$other->send('CALL glue_process_requests()');
wait_until(sub { $watch->sent('CreateConnection') }, 'it is sent');
$cluster->configure($session, 'glue_conn.databases' => undef);
wait_for_state($session, enqueue($session, referring('look again')));
wait_for_no_workers($session);
$session->must('SELECT pg_terminate_backend(' . $other->pid . ')');
is($other->result->sqlstate, '57P01', 'the session that has claimed a request is terminated');
wait_for_state($session, $id);
is($glue->created('claimed'), 1, 'and somebody else carries it out');

#
# No launcher
#

$session->quit;
$node->append_conf('postgresql.conf', 'max_worker_processes = 0');
$cluster->in_environment(sub { $node->restart });
$session = $cluster->session;
my $result = $session->query(create('alone'));
is($result->sqlstate, '53000', 'a call without a launcher');
like($result->text, qr/The launcher of the background workers does not run\..*HINT: .*"max_worker_processes"/s,
	'the error says so');

$session->quit;
$cluster->finish;
done_testing();
