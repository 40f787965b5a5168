# Copyright (c) 2026, glue_conn contributors
#
# Requests that are carried out after commit, by any worker or session.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

# Whether a request has sealed secrets.
my $sealed = 'EXISTS (SELECT FROM glue_request_secret s WHERE s.request = id)';

#
# One of each
#

my $watch = $cluster->watch;
my $id = enqueue($session, referring('a'), tags => { team => 'x' });
is($watch->sent, 0, 'nothing is sent when a request is made');
is(state_of($session, $id), 'queued', 'it is queued');
work($session);
is(state_of($session, $id, qw(status attempts)), 'succeeded|READY|1', 'it succeeds');
is_deeply($glue->connection('a')->{definition}, referring('a'), 'as was asked for');
is_deeply($cluster->row('a')->{tags}, { team => 'x' }, 'and is recorded');

$id = enqueue_update($session, referring('a', Description => 'new'));
work($session);
is(state_of($session, $id, 'status'), 'succeeded|READY', 'an update succeeds');
is($glue->connection('a')->{definition}{Description}, 'new', 'in AWS');
is($cluster->row('a')->{description}, 'new', 'and in the table');
is_deeply($cluster->row('a')->{tags}, { team => 'x' }, 'tags are kept');

$id = enqueue_delete($session, 'a');
work($session);
is(state_of($session, $id), 'succeeded', 'a deletion succeeds');
is($glue->connection('a'), undef, 'in AWS');
is($cluster->row('a'), undef, 'and in the table');

# The request has the messages of a successful function call.
$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after');
$id = enqueue($session, referring('told'));
work($session);
like(state_of($session, $id, 'error_message'),
	qr/^succeeded\|The answer was lost, but /, 'a lost answer is reported');
$glue->misbehave(operation => 'GetConnection', kind => 'error', skip => 1,
	code => 'AccessDeniedException', message => 'No.');
$id = enqueue_update($session, referring('told', Description => 'new'));
work($session);
like(state_of($session, $id, 'error_message'),
	qr/^succeeded\|The connection was updated, but could not be read .*No\./,
	'and so is one that could not be read');

$session->must('BEGIN; ' . enqueue_create_sql(referring('never')) . '; ROLLBACK');
work($session);
is($glue->created('never'), 0, 'a rolled-back request is not carried out');

#
# Many, side by side, in order
#

$glue->set(latency_ms => 20);
$session->must('SELECT glue_enqueue_create_connection('
	  . q{jsonb_set(} . literal(json_text(referring('x')))
	  . q{::jsonb, '{Name}', to_jsonb('many ' || i)))}
	  . ' FROM generate_series(1, 300) AS i');
$watch = $cluster->watch;
my $result = work($session);
is($watch->sent('CreateConnection'), 300, 'many requests');
cmp_ok($glue->counters->{in_flight_peak}, '>', 8, 'are made side by side');
is($session->must("SELECT count(*) FROM glue_request WHERE state <> 'succeeded'"
	  . " AND connection_name LIKE 'many %'")->output, '0', 'and succeed');
is($session->must("SELECT count(*) FROM glue_connection WHERE name LIKE 'many %'")
	  ->output, '300', 'and are recorded');
$glue->set(latency_ms => 0);

enqueue($session, referring('b'));
enqueue_update($session, referring('b', Description => "v$_"))
  foreach 1 .. 3;
enqueue_delete($session, 'b');
enqueue($session, referring('b', Description => 'again'));
work($session);
is($session->must("SELECT string_agg(state, ' ' ORDER BY id) FROM glue_request"
	  . " WHERE connection_name = 'b'")->output,
	join(' ', ('succeeded') x 6), 'requests for one connection');
is($glue->connection('b')->{definition}{Description}, 'again', 'are made in order');

#
# Failures
#

$id = enqueue($session, referring('b'));
work($session);
is(state_of($session, $id, qw(error_code attempts)), 'failed|AlreadyExistsException|1',
	'a permanent failure ends the request');
$id = enqueue($session, referring('b', Description => 'again'),
	on_conflict => 'adopt');
work($session);
is(state_of($session, $id), 'succeeded', 'unless it is adopted');

$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after');
$id = enqueue($session, referring('lost'));
work($session);
is(state_of($session, $id), 'succeeded', 'an answer that is lost');
is($glue->created('lost'), 1, 'is read back');

$glue->misbehave(operation => 'CreateConnection', kind => 'throttle', times => 0);
$cluster->configure($session, 'glue_conn.request_timeout' => 500);
$id = enqueue($session, referring('throttled'));
$session->must('CALL glue_process_requests(1)');
is(state_of($session, $id, qw(error_code attempts)), 'queued|ThrottlingException|1',
	'a request that is throttled for too long is queued again');
$glue->behave;
$cluster->configure($session, 'glue_conn.request_timeout' => undef);
work($session);
is(state_of($session, $id, 'attempts'), 'succeeded|2', 'without a further delay');

$glue->misbehave(operation => 'CreateConnection', kind => 'error',
	code => 'RequestTimeoutException', status => 400, times => 0);
$cluster->configure($session, 'glue_conn.max_attempts' => 1);
$id = enqueue($session, referring('slow'));
work($session);
is(state_of($session, $id, qw(error_code attempts)), 'queued|RequestTimeoutException|1',
	'a transient failure queues the request again');
$glue->behave;
work($session);
is(state_of($session, $id), 'queued', 'and is not tried before its time');
work_on_all($session);
is(state_of($session, $id, 'attempts'), 'succeeded|2', 'but then');
$cluster->configure($session, 'glue_conn.max_attempts' => undef);

$id = enqueue($session, referring('progress',
	Description => 'local_glue: in-progress ready-after-reads=1'));
work($session);
is(state_of($session, $id, 'status'), 'queued|IN_PROGRESS', 'one that is in progress');
wait_until(sub { work($session); state_of($session, $id) eq 'succeeded' }, 'it is ready');
is(state_of($session, $id, qw(status attempts)), 'succeeded|READY|1', 'is looked at until it is ready');
is($cluster->row('progress')->{status}, 'READY', 'which is recorded');

#
# Secrets
#

my $refused = $session->query(enqueue_create_sql(jdbc('secret')));
is($refused->sqlstate, '55000', 'a secret without a key is refused');
like($refused->hint, qr/SECRET_ID.*SecretArn.*secret_key_file/s, 'with a remedy');

my $key_file = $cluster->node->data_dir . '/secret.key';
sub write_key
{
	my (@keys) = @_;

	open my $file, '>', $key_file or die;
	print $file map { "$_\n" } @keys;
	close $file;
	chmod 0600, $key_file;
}
write_key('ab' x 32);
$cluster->node->append_conf('postgresql.conf',
	"glue_conn.secret_key_file = 'secret.key'");
$cluster->node->reload;
wait_until(sub { $session->must('SHOW glue_conn.secret_key_file')->output
	eq 'secret.key' }, 'the setting');

$id = enqueue($session, jdbc('secret'));
unlike($session->must("SELECT r FROM glue_request r WHERE id = $id")->output,
	qr/Secret-/, 'a secret is not in the queue');
is(state_of($session, $id, $sealed), 'queued|t', 'but sealed');
write_key('cd' x 32);
work($session);
is(state_of($session, $id, qw(error_code attempts)), 'queued|no secret key|0',
	'with another key, the request waits');
write_key('cd' x 32, 'ab' x 32);
work_on_all($session);
is(state_of($session, $id, $sealed, 'error_code'), 'succeeded|f|',
	'the old key opens it, and it is erased');
is($glue->connection('secret')->{definition}{ConnectionProperties}{PASSWORD},
	'Secret-Password', 'AWS gets it');
isnt($cluster->row('secret')->{secret_digest}, undef, 'its digest is recorded');

#
# Roles
#

$session->must('CREATE ROLE etl; GRANT EXECUTE ON FUNCTION'
	  . ' glue_enqueue_create_connection(jsonb, jsonb, text, name, text) TO etl;'
	  . " CREATE SERVER shop FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'us-east-1');"
	  . ' GRANT USAGE ON FOREIGN SERVER shop TO etl');
my $first = $session->must('SET ROLE etl; '
	  . enqueue_create_sql(referring('as etl'), server => 'shop') . '; RESET ROLE')->output;
$session->must('REVOKE USAGE ON FOREIGN SERVER shop FROM etl');
my $second = enqueue($session, referring('as me'), server => 'shop');
work($session);
is(state_of($session, $first, 'error_code'), 'failed|42501', 'a role that may not any more');
is(state_of($session, $second), 'succeeded', 'fails alone');
is($cluster->row('as me')->{recorded_by}, $session->must('SELECT current_user')->output,
	'the record names the role of the request');

$session->must('CREATE ROLE leaver; GRANT EXECUTE ON FUNCTION'
	  . ' glue_enqueue_create_connection(jsonb, jsonb, text, name, text) TO leaver');
$first = $session->must('SET ROLE leaver; ' . enqueue_create_sql(referring('orphan'))
	  . '; RESET ROLE')->output;
$session->must('DROP OWNED BY leaver; DROP ROLE leaver');
$second = enqueue($session, referring('next'));
work($session);
is(state_of($session, $first, 'error_code'), 'failed|42704', 'a role that is gone');
like($session->must("SELECT error_message FROM glue_request WHERE id = $first")->output,
	qr/role of the request does not exist any more/, 'is reported');
is(state_of($session, $second), 'succeeded', 'and fails alone');

# A target without credentials is left alone, and costs no attempts.
$session->must(server_sql('nokeys', 'AKIANOBODY', 'x', options => "region 'us-east-1'"));
my @ids = map { enqueue($session, referring("nobody $_"), server => 'nokeys') } 1 .. 5;
$watch = $cluster->watch;
work($session);
is(join(' ', map { state_of($session, $_, qw(error_code attempts)) } @ids),
	join(' ', ('queued|InvalidClientTokenId|0') x 5),
	'requests with credentials that AWS refuses stay queued');
$session->must("ALTER USER MAPPING FOR CURRENT_USER SERVER nokeys OPTIONS"
	  . " (SET access_key_id '" . $glue->access_key . "', SET secret_access_key '"
	  . $glue->secret_key . "')");
work_on_all($session);
is(join(' ', map { state_of($session, $_) } @ids), join(' ', ('succeeded') x 5),
	'until the credentials are right');

# No more a second than a target permits.
$session->must('ALTER SERVER shop OPTIONS (ADD max_requests_per_second \'20\')');
@ids = map { enqueue($session, referring("slowly $_"), server => 'shop') } 1 .. 12;
$id = enqueue($session, referring('quickly'));
cmp_ok(work($session)->seconds, '>=', 0.4, 'a target with few requests a second');
is(join(' ', map { state_of($session, $_) } @ids, $id), join(' ', ('succeeded') x 13),
	'gets all of them in time');
is($session->must('SELECT (SELECT max(finished_at) FROM glue_request'
	  . " WHERE id = $id) < (SELECT max(finished_at) FROM glue_request)")->output,
	't', 'and keeps no other target waiting');

# A request waits for a session that has locked a connection's row, and blocks
# no other request.
my $other = $cluster->session;
$other->must("BEGIN; SELECT FROM glue_connection WHERE name = 'b' FOR UPDATE");
$first = enqueue_update($session, referring('b', Description => 'locked'));
$second = enqueue($session, referring('unlocked'));
$session->send('CALL glue_process_requests()');
wait_until(sub { state_of($other, $second) eq 'succeeded' }, 'the other request');
is(state_of($other, $first), 'running', 'a locked row is waited for');
$other->must('COMMIT');
is($session->result->sqlstate, '00000', 'until it is not locked any more');
is(state_of($session, $first), 'succeeded', 'then the outcome is recorded');

# A run that is cancelled keeps no connection locked.
my $locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
  . ' AND objsubid = 3 AND pid = ' . $session->pid;
$glue->misbehave(operation => 'UpdateConnection', kind => 'stall');
$first = enqueue_update($session, referring('b', Description => 'stalled'));
$session->send('CALL glue_process_requests()');
ok(wait_until(sub { $other->must($locks)->output eq '1' }, 'it is begun'),
	'a connection is locked while a request for it is carried out');
$other->must('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->result->sqlstate, '57014', 'a run is cancelled');
is($other->must($locks)->output, '0', 'and keeps no connection locked');
$glue->behave;
my %soon = ('glue_conn.request_timeout' => 1000, 'glue_conn.settle_time' => 1000);
$cluster->configure($session, %soon);
ok(wait_until(sub { work($session); state_of($session, $first) eq 'succeeded' }, 'done'),
	'another one carries it out, when the earlier message cannot arrive any more');
$cluster->configure($session, map { $_ => undef } keys %soon);
$other->quit;

# Settings that were made before the library was loaded are no others.
my $fresh = $cluster->session;
$fresh->must("SET glue_conn.request_timeout = '1ms'");
$refused = $fresh->query('CALL glue_process_requests()');
is($refused->sqlstate, '55000', 'settings of the session are refused');
like($refused->text, qr/"glue_conn.request_timeout" was set in the session\./,
	'and named');
$fresh->quit;
$session->must("ALTER DATABASE postgres SET glue_conn.request_timeout = '59s'");
$fresh = $cluster->session;
is($fresh->query('CALL glue_process_requests()')->sqlstate, '00000',
	'those of the database are not');
$fresh->quit;
$session->must('ALTER DATABASE postgres RESET ALL');

# Another procedure may call it.
$id = enqueue($session, referring('nested'));
$session->must('DO $$ BEGIN FOR i IN 1 .. 2 LOOP'
	  . ' CALL glue_process_requests(i + 1); END LOOP; END $$');
is(state_of($session, $id), 'succeeded', 'a procedure in a procedure');

foreach my $sql ('BEGIN; CALL glue_process_requests()', 'CALL glue_process_requests(0)')
{
	like($session->query($sql)->sqlstate, qr/^(?:2D000|22023)$/, $sql);
	$session->query('ROLLBACK');
}

# A dump has no requests that a restored database could repeat.
my ($dump) = run_command([ 'pg_dump', '-d', $cluster->node->connstr('postgres') ]);
like($dump, qr/^COPY public\.glue_connection /m, 'a dump has the connections');
unlike($dump, qr/^(?:COPY|INSERT INTO) public\.glue_(?:request|claimant|secret_key)/m,
	'and neither requests nor keys');

$session->quit;
$cluster->finish;
done_testing();
