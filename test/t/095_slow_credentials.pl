# Copyright (c) 2026, glue_conn contributors
#
# A worker may have to wait for credentials.  No transaction is open during the
# wait, and requests for other targets continue.

use strict;
use warnings;

use GlueConn::Callers qw(role);
use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

# The credentials of the server process come from the metadata service, which
# is asked again after two seconds; those of one foreign server need no call.
my $cluster = GlueConn::Cluster->start(
	environment => { AWS_EC2_METADATA_DISABLED => 'true' },
	preload => 1);
my $glue = $cluster->glue;
$cluster->restart(
	AWS_EC2_METADATA_DISABLED => 'false',
	AWS_EC2_METADATA_SERVICE_ENDPOINT => $glue->metadata_url,
	AWS_METADATA_SERVICE_TIMEOUT => '2',
	AWS_METADATA_SERVICE_NUM_ATTEMPTS => '20');
my $session = $cluster->session;
$session->must(server_sql('quick', $glue->access_key, $glue->secret_key));

sub enqueue_many
{
	my ($name, $count) = @_;

	return map { enqueue($session, referring("$name $_"), server => 'quick') } 1 .. $count;
}

sub states
{
	my (@ids) = @_;

	return $session->must("SELECT string_agg(DISTINCT state, ' ') FROM glue_request"
		  . ' WHERE id IN (' . join(', ', @ids) . ')')->output;
}

# Something of the worker's entry in pg_stat_activity
sub worker
{
	my ($columns) = @_;

	return $session->must("SELECT $columns FROM pg_stat_activity"
		  . " WHERE backend_type = 'glue_conn worker'")->output;
}

# Stall the metadata service, and wait until a process waits for it.
sub hang
{
	my ($name) = @_;
	my $watch;

	$glue->misbehave(operation => 'Metadata.Token', kind => 'stall', times => 0);
	$watch = $cluster->watch;
	my $id = enqueue($session, referring($name));
	$session->send('CALL glue_process_requests()')
	  if $session->must('SHOW glue_conn.worker')->output eq 'off';
	wait_until(sub { $watch->sent('Metadata.Token') }, 'a wait for credentials');
	return $id;
}

#
# A worker
#

my $slow = hang('slow');
is(worker('xact_start IS NULL, backend_xid IS NULL, backend_xmin IS NULL, state'),
	't|t|t|active', 'a worker that waits for credentials has no transaction open');
is($session->must("SELECT count(*) FROM pg_locks WHERE locktype <> 'advisory'"
		  . ' AND pid = ' . worker('pid'))->output,
	'0', 'and holds no lock but those of its jobs');

# More than are claimed at once, and some that are retried meanwhile.
$glue->set(latency_ms => 20);
$glue->misbehave(operation => 'CreateConnection', kind => 'error', code => 'RequestTimeoutException', status => 400, times => 5);
my $watch = $cluster->watch;
my @quick = enqueue_many('quick', 400);
wait_until(sub { states(@quick) eq 'succeeded' }, 'requests for another target');
is(states($slow), 'running', 'requests for another target continue meanwhile');
cmp_ok($glue->counters->{in_flight_peak}, '>', 8, 'side by side');
is($watch->sent('CreateConnection'), 405, 'each once, or once more');
is($watch->processed('Metadata.Token'), 0, 'and there are no credentials yet');
$glue->set(latency_ms => 0);

# A target whose credentials are not cached, but fetched quickly.
$session->must(server_sql('by_role', $glue->access_key, $glue->secret_key,
	options => 'role_arn ' . literal(role('app'))));
my $by_role = enqueue($session, referring('by role'), server => 'by_role');
wait_until(sub { states($by_role) eq 'succeeded' }, 'another target that needs credentials');
is(states($slow), 'running', 'another target gets its own meanwhile');

# A session with a second target that has to wait.
$session->must("CREATE SERVER second FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'eu-west-1')");
my $second = enqueue($session, referring('second'), server => 'second');
@quick = enqueue_many('quicker', 5);
wait_until(sub { states(@quick) eq 'succeeded' }, 'further requests');
is(states($slow, $second), 'running', 'however many targets have to wait');

my $pid = worker('pid');
$session->must("SELECT pg_terminate_backend($pid)");
wait_until(sub { worker('pid') ne $pid }, 'the worker is gone');
pass('a worker that waits for credentials can be stopped');

$glue->behave;
wait_until(sub { states($slow, $second) eq 'succeeded' }, 'the slow ones');
is($glue->created('slow'), 1, 'the next one carries on when there are credentials');

# A trigger of the table that needs the same credentials while the worker records.
$session->must(<<'SQL');
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM public.glue_get_connection('slow');
	RETURN NEW;
END $$;
CREATE TRIGGER look BEFORE INSERT ON glue_connection FOR EACH ROW
	WHEN (NEW.name = 'within') EXECUTE FUNCTION look();
SQL
wait_until(sub { worker('pid') eq '' }, 'the worker exits');
$session->quit;
$cluster->in_environment(sub { $cluster->node->restart });
$session = $cluster->session;
my $outer = hang('outer');
$watch = $cluster->watch;
my $within = enqueue($session, referring('within'), server => 'quick');
wait_until(sub { $watch->sent('CreateConnection') && $watch->sent('Metadata.Token') > 0
	  && worker("now() - xact_start > '1 s'") eq 't' }, 'a wait in the trigger');
$glue->behave;
wait_until(sub { states($outer, $within) eq 'succeeded' }, 'both');
pass('a call inside of the run that gets its credentials does not wait for it');
$session->must('DROP TRIGGER look ON glue_connection');

# AWS calls the credentials expired, and to get others takes as long.
my %expired = (operation => 'CreateConnection', kind => 'error',
	code => 'ExpiredTokenException', status => 400);
$glue->misbehave(%expired);
my $renewing = hang('renewing');
@quick = enqueue_many('quick again', 50);
wait_until(sub { states(@quick) eq 'succeeded' }, 'requests while others are got');
is(states($renewing), 'running', 'requests for another target continue while others are got');
$glue->behave;
wait_until(sub { states($renewing) eq 'succeeded' }, 'other credentials');
is($glue->created('renewing'), 1, 'with which the request is carried out, once');

# A process refreshes its credentials once for all of its calls.
$glue->misbehave(%expired, times => 5, delay_ms => 700);
$watch = $cluster->watch;
$session->must('BEGIN');
my @told = map { enqueue($session, referring("told $_")) } 1 .. 5;
$session->must('COMMIT');
wait_until(sub { states(@told) eq 'succeeded' }, 'all of them');
is($watch->sent('CreateConnection'), 10, 'five calls of a process get the error, and are retried');
is($watch->sent('Metadata.Token'), 1, 'with credentials that were got once');

# No credentials: the target is left alone, and the others are not.
wait_until(sub { worker('pid') eq '' }, 'the worker exits');
$session->quit;
$cluster->in_environment(sub { $cluster->node->restart });
$session = $cluster->session;
$glue->misbehave(operation => 'Metadata.Token', kind => 'error', status => 403,
	times => 0);
my $failing = enqueue($session, referring('failing'));
@quick = enqueue_many('quickest', 5);
wait_until(sub { states(@quick) eq 'succeeded' && states($failing) eq 'queued' },
	'both');
like($session->must("SELECT error_code, attempts, error_message FROM glue_request"
		. " WHERE id = $failing")->output,
	qr/^no credentials\|0\|could not find AWS credentials.*403/,
	'a target without credentials is left alone');

# Words are converted outside of a transaction, too.
$session->must("CREATE DATABASE latin1 TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
my $latin1 = $cluster->session(database => 'latin1', encoding => 'UTF8');
$latin1->must('CREATE EXTENSION glue_conn');
my $id = enqueue($latin1, referring('latin1'));
wait_until(sub { $latin1->must("SELECT error_code FROM glue_request WHERE id = $id")
	->output eq 'no credentials' }, 'the failure');
pass('also in a database of another encoding');
$glue->behave;
wait_until(sub { state_of($latin1, $id) eq 'succeeded' }, 'its success');
$latin1->quit;
wait_until(sub { states($failing) eq 'succeeded' }, 'until there are some');

#
# The procedure
#

$session->quit;
$cluster->node->append_conf('postgresql.conf', 'glue_conn.worker = off');
$cluster->in_environment(sub { $cluster->node->restart });
my $caller = $session = $cluster->session;
$slow = hang('slower');
$session = $cluster->session;
$session->must("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query ~ '^CALL'");
is($caller->result->sqlstate, '57014', 'the procedure can be cancelled');

$caller->send('CALL glue_process_requests()');
wait_until(sub { states($slow) eq 'running' }, 'it to begin again');
@quick = enqueue_many('called', 100);
wait_until(sub { states(@quick) eq 'succeeded' }, 'requests for another target');
is(states($slow), 'running', 'it continues with other targets as well');
$glue->behave;
is($caller->result->sqlstate, '00000', 'and succeeds');
is(states($slow), 'succeeded', 'when there are credentials');
$caller->quit;

$session->quit;
unlike(slurp_file($cluster->node->logfile), qr/ERROR:(?!.*canceling)/, 'nothing else failed');
$cluster->finish;
done_testing();
