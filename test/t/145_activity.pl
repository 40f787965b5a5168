# Copyright (c) 2026, glue_conn contributors
#
# glue_activity shows the wait of a request or a call as long as it lasts, and
# glue_wait_request() reports the same.  A permanent failure, or a long
# postponement, is in the server's log.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::LocalGlue;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, secret_key => 1,
	conf => "restart_after_crash = on\nglue_conn.settle_time = 1s\n");
my $glue = $cluster->glue;
my $node = $cluster->node;
my $admin = $cluster->session;
my $session = $cluster->session;

# Columns of the rows about a connection, or those that a condition selects.
sub seen
{
	my ($what, $columns, $by) = @_;
	my $where = $what =~ /[=~]/ ? $what : 'connection_name = ' . literal($what);

	return ($by // $admin)->must("SELECT $columns FROM glue_activity WHERE $where")->output;
}

# Wait until something waits for this, and for nothing else.
sub waits_for
{
	my ($what, $wanted, $name) = @_;

	wait_until(sub { seen($what, 'waiting_for') eq $wanted }, "$what waits for $wanted");
	return pass($name // "seen: $wanted");
}

# Wait until nothing is seen of it any more.
sub clears
{
	my ($what) = @_;

	wait_until(sub { seen($what, 'waiting_for') eq '' }, "$what waits for nothing");
	return pass("$what: it is seen no more");
}

# The message of glue_wait_request() at once, or after a time.
sub told
{
	my ($id, $timeout) = @_;

	return $admin->query("SELECT glue_wait_request($id, " . literal($timeout // '60 s') . ')');
}

is($admin->must('SELECT * FROM glue_activity')->output, '', 'nothing waits');

#
# A lock, and its holder
#

$session->must('BEGIN; ' . create_sql(referring('a')));
my $own = seen('a', 'id');
is(seen('a', 'operation, target, role, pid, state, waiting_for, blocked_by, attempts'),
	join('|', 'CreateConnection', 'us-east-1', $admin->must('SELECT current_user')->output,
		$session->pid, 'running', 'transaction', '{' . $session->pid . '}', 0),
	'a call waits for the end of its transaction');
my $holder = 'process ' . $session->pid . ' \(role \w+, since \d{4}-';
like(seen('a', 'what_to_do'), qr/^Have $holder/, 'it names the holder');

my $other = $cluster->session;
$other->send(update_sql(referring('a')));
waits_for("id IS NULL AND connection_name = 'a'", 'lock', 'another call waits for the lock');
is(seen("waiting_for = 'lock'", 'operation, pid, blocked_by'),
	join('|', 'UpdateConnection', $other->pid, '{' . $session->pid . '}'), 'it says which call');
like(seen("waiting_for = 'lock'", 'what_to_do'), qr/^Have $holder/, 'and the holder');
$admin->must('SELECT pg_cancel_backend(' . $other->pid . ')');
like($other->result->text,
	qr/CONTEXT:\s+while waiting for the lock on AWS Glue connection "a"/,
	'a cancelled call reports its wait');
clears("waiting_for = 'lock'");
$other->must("SET lock_timeout = '20ms'");
like($other->query(delete_sql('a'))->text,
	qr/lock timeout.*while waiting for the lock on AWS Glue connection "a"/s, 'lock_timeout');
$other->must('RESET lock_timeout');

# A request waits for the same.
my $id = enqueue_update($other, referring('a', Description => 'new'));
waits_for("id = $id", 'transaction', 'a request waits for the end of the transaction');
is(seen("id = $id", 'blocked_by'), '{' . $session->pid . '}', 'and names the holder');
my $told = told($id, '20 ms');
is($told->sqlstate, '08000', 'glue_wait_request() gives up');
like($told->detail, qr/ran out\. It waits for: transaction\.$/, 'and reports the wait');
like($told->hint, qr/^Have $holder/, 'and the holder');
$session->must('COMMIT');
is(end_of($admin, $id), 'succeeded', 'it continues');
clears('a');

# A sync's lock has no visible call.
$session->must(create_sql(referring('found')));
$admin->must("DELETE FROM glue_connection WHERE name = 'found'");
$session->must('BEGIN; SELECT glue_sync_connections()');
$id = enqueue_delete($other, 'found');
waits_for("id = $id", 'lock', 'a request waits for a lock');
is(seen("id = $id", 'blocked_by'), '{' . $session->pid . '}', 'it names the holder');
$session->must('COMMIT');
is(end_of($admin, $id), 'succeeded', 'it continues');

#
# AWS
#

$other = $cluster->held_session('stall', 'asked', create_sql(referring('asked')));
waits_for('asked', 'answer');
is(seen('asked', 'pid, attempts'), $other->pid . '|0', 'of a call that is written down');
$admin->must('SELECT pg_cancel_backend(' . $other->pid . ')');
$other->result;
clears('pid = ' . $other->pid);
$other->quit;
$glue->behave;

$glue->misbehave(operation => 'GetConnection', kind => 'stall');
$session->send(get_sql('read'));
waits_for('read', 'answer', 'seen: a call that is not written down');
is(seen('read', 'id, operation, pid, state, attempts'),
	join('|', '', 'GetConnection', $session->pid, 'running', 1), 'and which');
$admin->must('SELECT pg_cancel_backend(' . $session->pid . ')');
$session->result;
clears('read');

$glue->misbehave(operation => 'CreateConnection', kind => 'throttle', times => 0);
$session->send(create_sql(referring('fast')));
waits_for('fast', 'rate limit');
$id = enqueue($admin, referring('queued fast'));
waits_for("id = $id", 'rate limit', 'seen: the same of a request');
$glue->behave;
is($session->result->output, 'READY', 'the call continues');
is(end_of($admin, $id), 'succeeded', 'the request continues');
clears('fast');

$glue->misbehave(operation => 'CreateConnection', kind => 'in-progress', reads => 2);
$id = enqueue($admin, referring('slow'));
waits_for("id = $id", 'IN_PROGRESS');
is(end_of($admin, $id), 'succeeded', 'it continues');

# A transient error; and the next wait.
my $long = 'x' x 300;
$glue->misbehave(operation => 'CreateConnection', kind => 'error', times => 0, status => 500,
	code => 'InternalServiceException', message => $long);
$id = enqueue($admin, referring('again'));
waits_for("id = $id AND state = 'queued'", 'retry');
like(seen("id = $id", 'last_error'), qr/$long/, 'the last error is there as a whole');
like(seen("id = $id", 'what_to_do'), qr/retried at \d{4}-.* after glue_retry_request\($id\)/,
	'it says when it is tried again');
my $after = enqueue_delete($admin, 'again');
waits_for("id = $after", 'request');
like(seen("id = $after", 'what_to_do'), qr/at request $id /, 'it says for which');
$glue->behave;
$admin->must("SELECT glue_retry_request($id)");
is(end_of($admin, $after), 'succeeded', 'both continue');

# More requests than are made side by side.
$cluster->configure($admin, 'glue_conn.max_concurrent_requests' => 1);
$glue->misbehave(operation => 'CreateConnection', kind => 'stall');
my @ids = map { enqueue($admin, referring("turn $_")) } 1 .. 2;
waits_for("id = $ids[0]", 'answer', 'one request is carried out');
waits_for("id = $ids[1]", 'turn');
$cluster->configure($admin, 'glue_conn.max_concurrent_requests' => undef);
$admin->must('SELECT pg_terminate_backend(' . (workers($admin, 'worker'))[0] . ')');
is(end_of($admin, $_), 'succeeded', 'it continues') foreach @ids;

#
# Errors that an administrator must correct
#

# glue_wait_request() reports a hopeless wait at once.
sub hopeless
{
	my ($request, $wait, $sqlstate, $hint) = @_;
	my $result = told($request);

	is($result->sqlstate, $sqlstate, "$wait: glue_wait_request() reports it at once");
	like($result->message, qr/request $request is not carried out at present/, 'so');
	like($result->hint, $hint, 'and a remedy');
	return $result;
}

$admin->must(server_sql('shop', 'AKIAWRONG', 'wrong', user => 'PUBLIC'));
$id = enqueue($admin, referring('refused'), server => 'shop');
waits_for("id = $id", 'credentials');
$after = enqueue($admin, referring('next'), server => 'shop');
waits_for("id = $after", 'credentials', 'so does the next one of the target');
$told = hopeless($id, 'credentials', '55000', qr/^Correct the credentials/);
like($told->detail, qr/The last error was: .*InvalidClientTokenId/, 'with the last error');
hopeless($after, 'credentials', '55000', qr/^Correct the credentials/);
$admin->must('ALTER USER MAPPING FOR PUBLIC SERVER shop OPTIONS (SET access_key_id '
	  . literal($glue->access_key) . ', SET secret_access_key ' . literal($glue->secret_key) . ')');
$admin->must("SELECT glue_retry_request($_)") foreach $id, $after;
wait_for_state($admin, $_) foreach $id, $after;
clears("target ~ '^shop'");

$admin->must('BEGIN');
$id = enqueue($admin, secret('sealed'));
$cluster->configure($session, 'glue_conn.secret_key_file' => '');
$admin->must('COMMIT');
waits_for("id = $id", 'key');
hopeless($id, 'key', '55000', qr/"glue_conn\.secret_key_file"/);
unlike($admin->must('TABLE glue_activity')->output, qr/Secret-/, 'there is no secret in it');
$cluster->configure($session, 'glue_conn.secret_key_file' => undef);
$admin->must("SELECT glue_retry_request($id)");
wait_for_state($admin, $id);

my $elsewhere = GlueConn::LocalGlue->new;
$elsewhere->start;
$admin->must('BEGIN');
$id = enqueue($admin, referring('moved'), server => 'shop');
$session->must('ALTER SERVER shop OPTIONS (ADD endpoint_url ' . literal($elsewhere->url) . ')');
$admin->must('COMMIT');
waits_for("id = $id", 'target');
hopeless($id, 'target', '55000', qr/glue_retry_request\($id\)/);
$session->must('ALTER SERVER shop OPTIONS (DROP endpoint_url)');
make_due($admin, $id);
wait_for_state($admin, $id);

# The process that does the work
$cluster->configure($admin, 'glue_conn.databases' => 'elsewhere');
wait_for_no_workers($admin);
$id = enqueue($admin, referring('nobody'));
is(seen("id = $id", 'waiting_for'), 'no worker', 'seen: no worker');
hopeless($id, 'no worker', '53000', qr/"glue_conn\.databases"/);
$admin->must('UPDATE glue_request SET home = home + 1 WHERE id = ' . $id);
is(seen("id = $id", 'state, waiting_for'), 'held|held', 'seen: held');
like(seen("id = $id", 'what_to_do'), qr/glue_take_over_requests\(\)/, 'and a remedy');
$admin->must('UPDATE glue_request SET home = home - 1 WHERE id = ' . $id);
$cluster->configure($admin, 'glue_conn.databases' => undef);
is(end_of($admin, $id), 'succeeded', 'with a worker, it continues');

#
# Visibility
#

$admin->must('CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE eve LOGIN;'
	  . ' GRANT pg_monitor TO bob; GRANT ALL ON ALL FUNCTIONS IN SCHEMA public TO alice;'
	  . ' GRANT USAGE ON FOREIGN SERVER shop TO alice; CREATE DATABASE elsewhere');
my %of = map { $_ => $cluster->session(user => $_) } qw(alice bob eve);
$glue->misbehave(operation => 'CreateConnection', kind => 'stall', times => 0);
$glue->misbehave(operation => 'GetConnection', kind => 'stall', times => 0);
$id = enqueue($of{alice}, referring('of alice'), server => 'shop');
$of{alice}->send(get_sql('also of alice', server => 'shop'));
waits_for('of alice', 'answer');
waits_for('also of alice', 'answer');
my $alice = $cluster->session(user => 'alice');
my $all = "connection_name ~ 'of alice'";
is(seen($all, 'count(*)', $alice), 2, 'a role sees its own');
is(seen($all, 'count(*)', $of{bob}), 2, 'pg_monitor sees those of others');
is($of{bob}->must('SELECT count(*) FROM glue_request')->output, 0, 'which it does otherwise not');
is(seen($all, 'count(*)', $of{eve}), 0, 'others do not');
is(seen('of alice', 'role', $of{bob}), 'alice', 'it names their role');

# Another database has its own; nor does the session's search_path matter.
my $far = $cluster->session(database => 'elsewhere');
$far->must('CREATE EXTENSION glue_conn');
is($far->must('SELECT count(*) FROM glue_activity')->output, 0, 'another database sees none');
$alice->must('CREATE TEMP TABLE pg_locks (pid int); CREATE TEMP TABLE glue_request (id int)');
$admin->must('CREATE SCHEMA trap; CREATE FUNCTION trap.pg_has_role(oid, text) RETURNS boolean'
	  . " LANGUAGE sql AS 'SELECT true'; CREATE FUNCTION trap.eq(text, text) RETURNS boolean"
	  . " LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR trap.= (LEFTARG = text,"
	  . ' RIGHTARG = text, FUNCTION = trap.eq); GRANT USAGE ON SCHEMA trap TO PUBLIC');
foreach my $role (qw(alice eve))
{
	my $trapped = $role eq 'alice' ? $alice : $of{eve};

	$trapped->must('SET search_path = trap, pg_catalog, public');
	is($trapped->must('SELECT count(*) FROM public.glue_activity')->output,
		$role eq 'alice' ? 2 : 0, "$role sees the same with another search_path");
}

# Nothing is left of a process that is killed.
kill 'KILL', $of{alice}->pid;
$_->quit foreach values %of, $alice, $far, $session, $other, $admin;
$glue->behave;
wait_until(sub { $admin = eval { $cluster->session } }, 'the server is back');
wait_for_state($admin, $id);
clears($all);

#
# The log
#

sub logged
{
	my ($request) = @_;

	return grep { /glue_conn request id=$request / } split /\n/, slurp_file($node->logfile);
}

$glue->misbehave(operation => 'CreateConnection', kind => 'error', status => 400,
	code => 'AccessDeniedException', message => 'No.');
$id = enqueue($admin, referring("odd \"name\\"));
is(end_of($admin, $id), 'failed', 'a request fails for good');
my $request_id = state_of($admin, $id, 'aws_request_id') =~ s/^failed\|//r;
my $line = "glue_conn request id=$id state=failed operation=CreateConnection"
  . ' name="odd \"name\\\\\\\\" attempts=1 code="AccessDeniedException"'
  . " aws_request_id=\"$request_id\" next_attempt_at=\"\"";
$line =~ s/\\\\\\\\/\\\\/;
wait_until(sub { logged($id) }, 'it is logged');
is(scalar(logged($id)), 1, 'in one line');
is((logged($id))[0] =~ s/.*LOG:  //r, $line, 'that programs can read');

$glue->misbehave(operation => 'CreateConnection', kind => 'error', times => 0, status => 500,
	code => 'InternalServiceException', message => 'No.');
$id = enqueue($admin, referring('put off'));
waits_for("id = $id AND state = 'queued'", 'retry');
is(scalar(logged($id)), 0, 'a short postponement is not logged');
$admin->must("UPDATE glue_request SET attempts = 8, next_attempt_at = now() WHERE id = $id;"
	  . " SELECT glue_retry_request($id)");
wait_until(sub { logged($id) }, 'a longer one is');
like((logged($id))[0],
	qr/id=$id state=queued .* attempts=9 .*aws_request_id="[-0-9a-f]{36}" next_attempt_at="\d{4}-/,
	'and when it is tried again');
$glue->behave;

#
# Credentials that are being got
#

$admin->quit;
$glue->misbehave(operation => 'Metadata.Token', kind => 'stall', times => 0);
$cluster->restart(
	AWS_EC2_METADATA_DISABLED => 'false',
	AWS_EC2_METADATA_SERVICE_ENDPOINT => $glue->metadata_url,
	AWS_METADATA_SERVICE_TIMEOUT => '2',
	AWS_METADATA_SERVICE_NUM_ATTEMPTS => '20');
($admin, $session) = map { $cluster->session } 1 .. 2;
$id = enqueue($admin, referring('ambient'));
waits_for("id = $id AND state = 'running'", 'credentials', 'a request waits for credentials');
like(seen("id = $id", 'what_to_do'), qr/^Wait: credentials are being fetched/, 'it says so');
$told = told($id, '20 ms');
is($told->sqlstate, '08000', 'nor is that hopeless');
like($told->detail, qr/It waits for: credentials\.$/, 'so glue_wait_request() waits');
$session->send(get_sql('ambient'));
waits_for('pid = ' . $session->pid, 'credentials', 'so does a call');
is(seen('pid = ' . $session->pid, 'operation, connection_name, target'), '||us-east-1',
	'of which nothing else is known');
$glue->behave;
wait_for_state($admin, $id);
$session->result;
clears('pid = ' . $session->pid);
$session->quit;

# processes were killed, so the log is not looked at
$admin->quit;
$node->stop;
$glue->stop;
done_testing();
