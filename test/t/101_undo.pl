# Copyright (c) 2026, glue_conn contributors
#
# An immediate call that was rolled back is undone: its connection is deleted,
# and never another client's.
#
# This test writes the journal itself, so that each case is exact: the rows
# that a caller would have left, and the connections that it, or another
# client, would have made.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::LocalGlue;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $cluster = GlueConn::Cluster->start(
	conf => "glue_conn.settle_time = 1s\n");
my $glue = $cluster->glue;
my $node = $cluster->node;
my $session = $cluster->session;
my $caller = $cluster->session;
my $now = time;

# The ID of the caller's current transaction or subtransaction.
$session->must('CREATE TABLE mark (n integer)');

sub begin
{
	return $caller->must('BEGIN; SELECT pg_current_xact_id()')->output;
}

sub savepoint
{
	return $caller->must('SAVEPOINT s; INSERT INTO mark VALUES (1)'
		  . ' RETURNING xmin::text')->output;
}

sub aborted
{
	my $xid = begin();

	$caller->must('ROLLBACK');
	return $xid;
}

# The intent that a caller leaves; returns the ID of the request.
sub intent
{
	my ($name, $xid, %columns) = @_;
	my $operation = $columns{operation} // 'CreateConnection';
	my $input = delete $columns{definition} // jdbc($name);
	my %row = (
		operation => literal($operation),
		connection_name => literal($name),
		endpoint => literal($glue->url),
		region => q('us-east-1'),
		account_id => q('123456789012'),
		input => $operation =~ /Create|Update/
		? 'glue_redact(' . literal(json_text($input)) . ')' : 'NULL',
		state => q('running'),
		next_attempt_at => 'now()',
		caller_xid => "'$xid'",
		caller_top_xid => "'$xid'",
		answered_at => 'now()',
		on_rollback => $operation eq 'CreateConnection' ? q('delete') : 'NULL',
		requested_by => 'current_user::regrole',
		requested_at => q(now() - interval '1 s'),
		call_timeout => 1000,
		%columns,
		operation => literal($operation));

	$row{aws_sent_at} //= $row{requested_at};
	$row{aws_ended_at} //= $row{answered_at};
	my @names = sort keys %row;

	return $session->must('INSERT INTO glue_request (' . join(', ', @names)
		  . ') VALUES (' . join(', ', map { $row{$_} } @names) . ') RETURNING id')
	  ->output;
}

# The same, with a connection that the caller has made.  Unless something else
# is said, AWS Glue has answered.
sub made
{
	my ($name, $xid, %columns) = @_;

	$glue->put_connection(input => jdbc($name));
	return intent($name, $xid, %columns);
}

sub seconds_ago
{
	my ($seconds) = @_;

	return "now() - interval '$seconds s'";
}

sub work_until_resolved
{
	my ($id) = @_;

	wait_until(sub { work($session); state_of($session, $id) !~ /^(?:queued|running)/ }, "request $id");
}

#
# When
#

my $listener = $cluster->session;
$listener->must('LISTEN glue_connection');
my $id = made('mine', aborted());
work($session);
is(state_of($session, $id, qw(error_code error_message), 'started_at IS NOT NULL',
		'finished_at IS NOT NULL', 'claimed_by'),
	'rolled_back|||t|t|', 'a rolled-back creation');
is($glue->connection('mine'), undef, 'is undone');
is($cluster->row('mine'), undef, 'and leaves no record');
like($listener->must('SELECT 1')->output,
	qr/\{"id": $id, "operation": "CreateConnection", "name": "mine", "state": "rolled_back", "status": null\}/,
	'which is reported');
$listener->quit;

my $xid = begin();
$id = made('open', $xid);
my $watch = $cluster->watch;
work($session);
is(state_of($session, $id), 'running', 'a transaction that is in progress');
is($watch->sent, 0, 'is left alone');
$caller->must('ROLLBACK');
work($session);
is(state_of($session, $id), 'rolled_back', 'until it has ended');
is($glue->connection('open'), undef, 'then it is undone');

# The caller's process may be gone.
my $victim = $cluster->session;
$xid = $victim->must('BEGIN; SELECT pg_current_xact_id()')->output;
$id = made('victim', $xid);
$session->must('SELECT pg_terminate_backend(' . $victim->pid . ', 10000)');
work($session);
is(state_of($session, $id), 'rolled_back', 'that of a session that was terminated');
is($glue->connection('victim'), undef, 'is undone');

# A transaction that has committed without a known outcome of its call.
my %failed = (error_code => q('lost'), error_message => q('never seen'));
$xid = begin();
$caller->must('COMMIT');
$id = made('committed', $xid, %failed);
work($session);
is(state_of($session, $id, qw(error_code error_message claimed_by)), 'failed|lost|never seen|',
	'a call that has failed in a transaction that was committed has failed');
is($glue->connection('committed'), undef, 'and is undone all the same');
$glue->misbehave(operation => 'GetConnection', kind => 'error',
	code => 'RequestTimeoutException', status => 400, times => 3);
$glue->put_connection(input => jdbc('committed', Description => 'other'));
$id = intent('committed', $xid, %failed);
work($session);
is(state_of($session, $id, qw(error_code error_message)), 'queued|lost|never seen',
	'in any case');
make_due($session, $id);
work($session);
is(state_of($session, $id, qw(error_code claimed_by)), 'failed|NotOurs|', 'unless AWS Glue answers otherwise');
$glue->remove_connection('committed');

# Subtransactions
my $top = begin();
my $sub = savepoint();
$id = made('sub', $sub, caller_top_xid => "'$top'");
work($session);
is(state_of($session, $id), 'running', 'a subtransaction in progress');
$caller->must('RELEASE s');
work($session);
is(state_of($session, $id), 'running', 'and one that was released');
my $other_sub = savepoint();
my $other = made('sub 2', $other_sub, caller_top_xid => "'$top'");
$caller->must('ROLLBACK TO s');
work($session);
is(state_of($session, $other), 'rolled_back', 'one that was rolled back');
is($glue->connection('sub 2'), undef, 'is undone while the transaction continues');
ok($glue->connection('sub'), 'and the other one is not');
$caller->must('ROLLBACK');
work($session);
is(state_of($session, $id), 'rolled_back', 'unless all is rolled back');
is($glue->connection('sub'), undef, 'at last');

# IDs that are not known any more, or not yet: AWS Glue's state decides.
foreach my $unknown (3, 2**40, 2**32 + 5)
{
	$id = made("unknown $unknown", $unknown);
	work($session);
	is(state_of($session, $id), 'rolled_back', "transaction $unknown");
	is($glue->connection("unknown $unknown"), undef, 'is not there to commit');
}

# At another level of isolation than ours.
$session->must('SET default_transaction_isolation = serializable');
$id = made('isolated', aborted());
work($session);
is(state_of($session, $id), 'rolled_back', 'a session that is serializable by default');
$session->must('RESET default_transaction_isolation');

#
# Ownership
#

$id = made('kept', aborted(), on_rollback => q('keep'), tags => q('{"a": "b"}'));
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|Kept', 'one with on_rollback = keep');
ok($glue->connection('kept'), 'stays');
is_deeply($cluster->row('kept')->{tags}, { a => 'b' }, 'and is recorded');
is($cluster->row('kept')->{connection_properties}{PASSWORD}, '********', 'without its password');

# Each of these is a case of another client's connection, with our request's
# data and the reason that it is not ours.
my %definition = (Description => 'another one');
foreach my $case (
	[ 'older', {}, { created => $now - 60, updated => $now - 60 },
		qr/created before the request was sent/ ],
	[ 'other', {}, { input => jdbc('other', %definition) },
		qr/\$\.Description/ ],
	[ 'updated', { requested_at => seconds_ago(30) },
		{ created => $now - 25, updated => $now - 10 }, qr/updated since/ ],
	[ 'younger', { requested_at => seconds_ago(60), answered_at => seconds_ago(50) },
		{ created => $now - 20, updated => $now - 20 },
		qr/created after the request had ended/ ],
	[ 'late', { requested_at => seconds_ago(60), started_at => seconds_ago(50),
			answered_at => 'NULL', aws_settled_at => seconds_ago(45) },
		{ created => $now - 20, updated => $now - 20 },
		qr/created after the request had ended/ ])
{
	my ($name, $columns, $connection, $why) = @$case;
	my $offset = time - $now;
	my %there = %$connection;

	$there{$_} += $offset foreach grep { $_ ne 'input' } keys %there;
	$glue->put_connection(input => jdbc($name), %there);
	$id = intent($name, aborted(), %$columns);
	$watch = $cluster->watch;
	work($session);
	is(state_of($session, $id, 'error_code'), 'rolled_back|NotOurs', "not ours: $name");
	like(state_of($session, $id, 'error_message'), $why, 'for a reason');
	is($watch->sent('DeleteConnection'), 0, 'is not deleted');
	is($cluster->row($name)->{description}, $glue->connection($name)->{definition}{Description},
		'and is recorded as it is');
}

# AWS's time is unknown.  Then the result is inconclusive.
foreach my $unknown (qw(aws_sent_at aws_ended_at))
{
	$id = made($unknown, aborted(), $unknown => 'NULL');
	$watch = $cluster->watch;
	work($session);
	is(state_of($session, $id, 'error_code'), 'queued|NotKnown', "without $unknown");
	work_until_resolved($id);
	is(state_of($session, $id, 'error_code'), 'failed|NotKnown', 'in the end');
	cmp_ok($watch->sent('GetConnection'), '>', 2, 'it is looked at again');
	ok($glue->connection($unknown) && $cluster->row($unknown), 'it is left alone, and recorded');
	$session->must("UPDATE glue_request SET $unknown = now() WHERE id = $id;"
		  . " SELECT glue_retry_request($id)");
	work($session);
	is(state_of($session, $id), 'rolled_back', 'with a time, a retry succeeds');
}

# The record of another client's connection is refreshed.
$glue->put_connection(input => jdbc('known'), created => time - 60, updated => time - 60);
$session->must('SELECT FROM glue_sync_connections()');
$glue->put_connection(input => jdbc('known', Description => 'new'), created => time - 60);
$id = intent('known', aborted());
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|NotOurs', 'one that is known');
is($cluster->row('known')->{description}, 'new', 'is refreshed');

# Later successful requests of other callers rely on the connection, in any
# order of their making.
foreach my $before (1, 0)
{
	my $name = "adopted $before";
	my $adopt = sub {
		return intent($name, aborted(), state => q('succeeded'),
			on_conflict => q('adopt'), finished_at => 'now()');
	};

	$adopt->() if $before;
	$id = made($name, aborted());
	$adopt->() unless $before;
	work($session);
	is(state_of($session, $id, 'error_code'), 'rolled_back|NotOurs', 'one that was adopted');
	like(state_of($session, $id, 'error_message'), qr/another request for it has succeeded/, 'says so');
	ok($glue->connection($name), 'stays');
}
intent('earlier', aborted(), state => q('succeeded'), finished_at => seconds_ago(10),
	aws_ended_at => seconds_ago(10));
intent('earlier', aborted(), state => q('succeeded'), finished_at => 'now()',
	operation => 'DeleteConnection');
intent('earlier', aborted(), state => q('succeeded'), finished_at => 'now()',
	region => q('eu-central-1'));
intent('earlier', aborted(), state => q('succeeded'), finished_at => 'now()',
	catalog_id => q('999999999999'));
intent('earlier', aborted(), state => q('failed'), finished_at => 'now()');
$id = made('earlier', aborted());
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|',
	'requests before it, elsewhere, or failed do not count, nor do deletions');
is($glue->connection('earlier'), undef, 'ours is deleted');

# Our own update, rolled back as well: before or after the creation is.
foreach my $first (qw(queued rolled_back))
{
	my $name = "updated: $first";

	$glue->put_connection(input => jdbc($name, %definition),
		created => time - 20, updated => time - 10);
	$xid = aborted();
	$id = intent($name, $xid, requested_at => seconds_ago(21),
		answered_at => seconds_ago(19));
	my $update = intent($name, $xid, operation => 'UpdateConnection',
		definition => jdbc($name, %definition), requested_at => seconds_ago(11),
		answered_at => seconds_ago(9), state => "'$first'",
		$first eq 'queued' ? () : (finished_at => 'now()', error_code => q('NotUndone')));
	work_until_resolved($id);
	is(state_of($session, $id, 'error_code'), 'rolled_back|', "an update of ours that is $first");
	is($glue->connection($name), undef, 'does not make it somebody else\'s');
	work_until_resolved($update);
	is(state_of($session, $update, 'error_code'), 'rolled_back|NotUndone', 'the update has its own end');
	is($cluster->row($name), undef, 'which finds nothing to record');
}

# One that was never made excuses nothing.
$glue->put_connection(input => jdbc('never'), created => time - 20, updated => time - 10);
$xid = aborted();
$id = intent('never', $xid, requested_at => seconds_ago(21));
intent('never', $xid, operation => 'UpdateConnection', state => q('rolled_back'),
	requested_at => seconds_ago(11), finished_at => 'now()');
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|NotOurs', 'an update that was never made');

#
# Not there
#

$watch = $cluster->watch;
$id = intent('gone', aborted());
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|', 'one that is not there');
is($watch->sent, 1, 'is asked for once, if the answer was seen');

my %unknown = (answered_at => 'NULL');
$id = intent('lost', aborted(), %unknown);
work($session);
is(state_of($session, $id, 'error_code', 'attempts'), 'queued||0',
	'if not, the message may still arrive');
$glue->put_connection(input => jdbc('lost'));
wait_until(sub { work($session); !$glue->connection('lost') }, 'it is deleted');
is(state_of($session, $id), 'queued', 'and is undone when it does');
$glue->put_connection(input => jdbc('lost'));
work_until_resolved($id);
is($glue->connection('lost'), undef, 'and when it does again');
is(state_of($session, $id, 'error_code'), 'rolled_back|', 'until it cannot any more');

$id = intent('lost for good', aborted(), %unknown);
$watch = $cluster->watch;
work_until_resolved($id);
is(state_of($session, $id, 'error_code', 'finished_at - started_at > interval \'1 s\''),
	'rolled_back||t', 'for a while');
cmp_ok($watch->sent, '>=', 3, 'in which it is asked for');
cmp_ok($watch->sent, '<=', 10, 'now and then');

# Other lost answers are not resolved from the database's records.
$glue->put_connection(input => jdbc('recorded'));
$session->must('SELECT FROM glue_sync_connections()');
$id = intent('recorded', aborted(), %unknown);
work_until_resolved($id);
is(state_of($session, $id, 'error_code'), 'rolled_back|NotOurs', 'one that is recorded is not ours');
like(state_of($session, $id, 'error_message'), qr/recorded in glue_connection/, 'says so');
ok($glue->connection('recorded'), 'unless we know that it is');
$id = made('recorded', aborted());
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|', 'as after a reported success');
is($cluster->row('recorded'), undef, 'then it is not recorded any more');

$top = begin();
$sub = savepoint();
my $kin = intent('kin', $top, %unknown, operation => 'TagResource');
$id = made('kin', $sub, %unknown, caller_top_xid => "'$top'");
$caller->must('ROLLBACK TO s');
wait_until(sub { $session->must("SELECT now() > requested_at + interval '3 s'"
	  . " FROM glue_request WHERE id = $id")->output eq 't' }, 'the settle_time');
work($session);
is(state_of($session, $id), 'queued', 'as long as the same transaction may commit calls for it');
$session->must("UPDATE glue_request SET state = 'failed', finished_at = now() WHERE id = $kin");
$caller->must('ROLLBACK');
work_until_resolved($id);
is(state_of($session, $id, 'error_code'), 'rolled_back|', 'the owner cannot be determined');
is($glue->connection('kin'), undef, 'until the other call has failed');

#
# Failures of an undo
#

$glue->put_connection(input => jdbc('facts', Description => 'old'), tags => { a => '1' });
$session->must('SELECT FROM glue_sync_connections()');
$glue->put_connection(input => jdbc('facts', Description => 'new'), tags => { a => '2' });
$id = intent('facts', aborted(), operation => 'UpdateConnection', answered_at => 'now()',
	definition => jdbc('facts', Description => 'new'));
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|NotUndone', 'an update');
like(state_of($session, $id, 'error_message'), qr/UpdateConnection.*cannot be undone/, 'cannot be undone');
is($cluster->row('facts')->{description}, 'new', 'and is recorded');
is($cluster->row('facts')->{tags}, undef, 'without tags');

$id = intent('facts', aborted(), operation => 'TagResource', tags => q('{"a": "2"}'),
	answered_at => 'now()');
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|NotUndone', 'tags cannot be undone');
is_deeply($cluster->row('facts')->{tags}, { a => '2' }, 'and are recorded');

$glue->remove_connection('facts');
$id = intent('facts', aborted(), operation => 'DeleteConnection', answered_at => 'now()');
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|NotUndone', 'a deletion');
is($cluster->row('facts'), undef, 'is recorded');

$glue->put_connection(input => jdbc('changed', Description => 'new'), created => time - 60);
$id = intent('changed', aborted(), on_rollback => 'NULL', on_conflict => q('update'),
	answered_at => 'now()', definition => jdbc('changed', Description => 'new'));
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|NotUndone', 'a create that has updated');
is($cluster->row('changed')->{description}, 'new', 'is recorded');

$id = intent('changing', aborted(), %unknown, operation => 'UpdateConnection');
$watch = $cluster->watch;
work($session);
is(state_of($session, $id), 'queued', 'an update that may still arrive');
is($watch->sent, 0, 'is waited for');
$glue->put_connection(input => jdbc('changing'));
work_until_resolved($id);
is($cluster->row('changing')->{connection_type}, 'JDBC', 'before it is recorded');

# A request that only records waits for the undo of a creation, which waits for
# earlier messages that may still arrive: that must not wait for the first.
my @circle = (
	intent('circle', aborted(), operation => 'DeleteConnection', answered_at => 'now()'),
	intent('circle', aborted(), %unknown, operation => 'UpdateConnection'),
	made('circle', aborted()));
work_until_resolved($_) foreach @circle;
is(join(' ', map { state_of($session, $_) } @circle), 'rolled_back rolled_back rolled_back',
	'there is no circle of waits');

$glue->put_connection(input => jdbc('nameless'));
$glue->misbehave(operation => 'GetConnection', kind => 'garbage',
	body => json_text({ Connection => { ConnectionType => 'JDBC' } }));
$id = intent('nameless', aborted(), operation => 'UpdateConnection', answered_at => 'now()');
work($session);
is(state_of($session, $id, 'error_code'), 'queued|malformed answer', 'an answer without a name');
make_due($session, $id);
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|NotUndone', 'is no answer');

# A later record is newer.
$session->must(create_sql(jdbc('newer')));
$session->must(q(UPDATE glue_connection SET recorded_at = now() + interval '1 min'
	WHERE name = 'newer'));
$glue->remove_connection('newer');
$id = intent('newer', aborted(), operation => 'DeleteConnection', answered_at => 'now()');
work($session);
is(state_of($session, $id), 'rolled_back', 'a deletion before somebody else\'s creation');
ok($cluster->row('newer'), 'does not hide that');

#
# Failures
#

$glue->misbehave(operation => 'DeleteConnection', kind => 'lost-after', times => 0);
$cluster->configure($session, 'glue_conn.max_attempts' => 1,
	'glue_conn.max_request_attempts' => 1, 'glue_conn.request_timeout' => '2s');
$id = made('twice', aborted());
work($session);
is(state_of($session, $id, 'error_code IS NOT NULL'), 'queued|t',
	'an answer that is lost is waited for');
$glue->behave;
make_due($session, $id);
$watch = $cluster->watch;
work_until_resolved($id);
is(state_of($session, $id, 'error_code', q(finished_at - started_at > interval '2 s')),
	'rolled_back||t', 'is looked for, as long as it may arrive');
is($watch->sent('DeleteConnection'), 0, 'by reading');
$cluster->configure($session, 'glue_conn.max_attempts' => undef,
	'glue_conn.max_request_attempts' => undef);

# One that was sent twice may be carried out twice.
$glue->misbehave(operation => 'DeleteConnection', kind => 'lost-after');
$id = made('sent twice', aborted());
work($session);
is(state_of($session, $id), 'queued', 'one that was sent twice is waited for');
is($glue->connection('sent twice'), undef, 'although it is done');
work_until_resolved($id);
is(state_of($session, $id, 'error_code', q(finished_at - started_at > interval '2 s')),
	'rolled_back||t', 'until nothing can arrive any more');
$cluster->configure($session, 'glue_conn.request_timeout' => undef);

$glue->misbehave(operation => 'DeleteConnection', kind => 'error', status => 400,
	code => 'AccessDeniedException', message => 'no');
$id = made('denied', aborted());
work($session);
is(state_of($session, $id, qw(error_code attempts)), 'queued|AccessDeniedException|1',
	'a refused deletion');
make_due($session, $id);
work($session);
is(state_of($session, $id, qw(error_code error_message)), 'rolled_back||', 'is tried again');
is($glue->connection('denied'), undef, 'until it is done');
my $result = $session->query("SELECT glue_retry_request($id)");
is($result->sqlstate, '55000', 'it cannot be retried then');
like($result->detail, qr/Only the undo of a rolled-back call can be retried/, 'says why');
$id = intent('refused', aborted(), state => q('failed'), finished_at => 'now()');
is($session->query("SELECT glue_retry_request($id)")->sqlstate, '55000',
	'nor can a call that was refused');

# Roles and servers
$session->must('CREATE ROLE etl;'
	  . " CREATE SERVER shop FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'us-east-1');"
	  . ' GRANT USAGE ON FOREIGN SERVER shop TO etl');
my %as_etl = (requested_by => q('etl'::regrole), server => q('shop'));
$id = made('as etl', aborted(), %as_etl);
work($session);
is(state_of($session, $id), 'rolled_back', 'it is undone as the role that has done it');
$session->must('REVOKE USAGE ON FOREIGN SERVER shop FROM etl');
$id = made('as etl', aborted(), %as_etl);
$other = made('as me', aborted());
work($session);
is(state_of($session, $id, qw(error_code attempts)), 'queued|42501|0', 'which may not any more');
is(state_of($session, $other), 'rolled_back', 'other roles do not count');
$session->must('GRANT USAGE ON FOREIGN SERVER shop TO etl');
make_due($session, $id);
work($session);
is(state_of($session, $id), 'rolled_back', 'or may again');
$id = made('orphan', aborted(), %as_etl);
my $taken = made('not an orphan', aborted(), %as_etl);
intent('not an orphan', aborted(), %as_etl, state => q('succeeded'), finished_at => 'now()');
$session->must('DROP OWNED BY etl; DROP ROLE etl');
$result = work($session);
is(state_of($session, $id, 'error_code'), 'failed|42704', 'or is gone');
like($result->text, qr/could not undo a rolled-back call for AWS Glue connection "orphan"/,
	'with a warning');
like($result->text, qr/HINT:.*glue_retry_request\($id\)/, 'that has a remedy');
is(state_of($session, $taken, 'error_code'), 'rolled_back|NotOurs', 'unless others rely on it');
$id = made('no server', aborted(), server => q('nowhere'));
work($session);
is(state_of($session, $id, 'error_code', 'claimed_by IS NOT NULL'), 'failed|42704|t',
	'a server that is gone');
$session->must('CREATE SERVER nowhere FOREIGN DATA WRAPPER glue_conn');
$other = made('no server either', aborted(), server => q('nowhere'));
$session->must('DROP SERVER nowhere');
work($session);
$session->must("CREATE SERVER nowhere FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'us-east-1')");
is($session->must("SELECT glue_retry_request($other)")->output, 'queued', 'is repaired');
work($session);
is(state_of($session, $other, 'error_code'), 'rolled_back|', 'when there is one');
is($glue->connection('no server either'), undef, 'and its call is undone');
ok($glue->connection($_), "$_ is left") foreach 'orphan', 'not an orphan', 'no server';

#
# Where
#

my $elsewhere = GlueConn::LocalGlue->new;
$elsewhere->start;
my $settings = json_text({ 'glue_conn.endpoint_url' => $elsewhere->url,
	'glue_conn.ca_file' => $elsewhere->ca_file });
$glue->put_connection(input => jdbc('where'));
$elsewhere->put_connection(input => jdbc('where'));
$id = intent('where', aborted(), caller_settings => literal($settings));
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|', 'a session with settings of its own');
is($elsewhere->connection('where'), undef, 'is undone where those have led');
ok($glue->connection('where'), 'and nowhere else');
$session->must('SET glue_conn.endpoint_url = ' . literal($elsewhere->url)
	  . '; SET glue_conn.ca_file = ' . literal($elsewhere->ca_file));
$elsewhere->put_connection(input => jdbc('where'));
$id = intent('where', aborted());
is($session->query('CALL glue_process_requests()')->sqlstate, '55000',
	'a session with settings of its own');
$session->must('RESET glue_conn.endpoint_url; RESET glue_conn.ca_file');
is(state_of($session, $id), 'running', 'undoes nothing');
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|', 'one without');
is($glue->connection('where'), undef, 'is undone where the server leads');
ok($elsewhere->connection('where'), 'and nowhere else');
$elsewhere->stop;

#
# In order
#

my $rival = $cluster->session;
my $rival_xid = $rival->must('BEGIN; SELECT pg_current_xact_id()')->output;
my $rivalling = intent('contended', $rival_xid, operation => 'UpdateConnection');
$id = made('contended', aborted());
work($session);
is(state_of($session, $id), 'queued', 'a call of another transaction');
ok($glue->connection('contended'), 'that is under way');
$rival->must('COMMIT');
$session->must("UPDATE glue_request SET state = 'succeeded', finished_at = now()"
	  . " WHERE id = $rivalling");
work($session);
is(state_of($session, $id, 'error_code'), 'rolled_back|NotOurs', 'is waited for');
$rival->quit;

# The transaction is still open, and has locked the record of the connection.
$glue->put_connection(input => jdbc('family'), created => time - 60);
$session->must('SELECT FROM glue_sync_connections()');
$top = begin();
$caller->must("DELETE FROM glue_connection WHERE name = 'family'");
$sub = savepoint();
my $parent = intent('family', $top, operation => 'TagResource');
$id = made('family', $sub, caller_top_xid => "'$top'");
my $child = intent('family', $top, operation => 'TagResource');
$caller->must('ROLLBACK TO s');
work($session);
is($glue->connection('family'), undef, 'those of the same transaction are not');
is(state_of($session, $_), 'running', 'and continue') foreach $parent, $child;
is(state_of($session, $id, 'undone_at IS NOT NULL'), 'queued|t', 'but its record is corrected later');
$sub = savepoint();
my $update = intent('family', $sub, caller_top_xid => "'$top'", operation => 'UpdateConnection');
$caller->must('ROLLBACK TO s');
work($session);
is(state_of($session, $update), 'queued', 'but a call with nothing to delete waits for the whole transaction');
$caller->must('ROLLBACK');
work_until_resolved($_) foreach $parent, $child, $id, $update;
is(state_of($session, $id, 'error_code'), 'rolled_back|', 'which does not change the outcome');
is($cluster->row('family'), undef, 'which corrects the record');

# One that there is nothing to be undone of, and that waits for another one.
my $adopted = intent('adopted', $top = begin(), operation => 'UpdateConnection',
	on_rollback => 'NULL', state => q('queued'));
my $open = intent('adopted', $top, operation => 'TagResource');
$id = made('adopted', 3);
work($session);
is(state_of($session, $adopted), 'queued', 'one that waits');
is(state_of($session, $id), 'queued', 'others wait as well');
$session->must("UPDATE glue_request SET state = 'failed', finished_at = now() WHERE id = $open");
$session->must("UPDATE glue_request SET next_attempt_at = now() + interval '1 h' WHERE id = $adopted");
work($session);
is(state_of($session, $id), 'rolled_back', 'but not for that alone');
make_due($session, $adopted);
$caller->must('ROLLBACK');
work($session);
is(state_of($session, $adopted), 'rolled_back', 'which has its turn');

my $queued = enqueue($session, referring('queue'));
$session->must("UPDATE glue_request SET next_attempt_at = now() + interval '1 h' WHERE id = $queued");
$id = made('queue', aborted());
work($session);
is(state_of($session, $id), 'queued', 'an earlier request comes first');
$session->must("SELECT glue_cancel_request($queued)");
work($session);
is(state_of($session, $id), 'rolled_back', 'as long as it is there');

$id = intent('first come', aborted());
$queued = enqueue($session, referring('first come'));
work_until_resolved($id);
work($session);
is($session->must("SELECT a.finished_at < b.started_at FROM glue_request a, glue_request b"
	  . " WHERE a.id = $id AND b.id = $queued")->output, 't', 'a later request waits');
ok($glue->connection('first come'), 'and is done');

# The queue is long, and waits.
$session->must('ALTER SERVER shop OPTIONS (ADD max_requests_per_second \'100\')');
$session->must("SELECT glue_enqueue_create_connection(jsonb_set(c, '{Name}', to_jsonb('long ' || i)),"
	  . " server => 'shop') FROM generate_series(1, 100) AS i, (VALUES ("
	  . literal(json_text(jdbc('x', ConnectionProperties => {
			JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', SECRET_ID => 's' })))
	  . '::jsonb)) AS v (c)');
$id = made('urgent', aborted());
work($session);
cmp_ok($session->must('SELECT count(*) FROM glue_request a, glue_request b'
	  . " WHERE a.id = $id AND b.server = 'shop' AND b.state = 'succeeded'"
	  . ' AND b.finished_at > a.finished_at')->output, '>', 50,
	'undos come first');

#
# Cancel
#

$xid = begin();
$id = intent('cancel', $xid, answered_at => 'now()');
$result = $session->query("SELECT glue_cancel_request($id)");
is($result->sqlstate, '55000', 'a call that acts at once is not cancelled');
like($result->detail, qr/may not have ended/, 'says why');
is($session->must("SELECT glue_retry_request($id)")->output, 'running', 'nor retried');
$caller->must('ROLLBACK');
$session->must("UPDATE glue_request SET state = 'queued' WHERE id = $id");
$result = $session->query("SELECT glue_cancel_request($id)");
is($result->sqlstate, '55000', 'and neither is its undo');
like($result->detail, qr/about to be undone/, 'says why');
work($session);
is($session->must("SELECT glue_cancel_request($id)")->output, 'rolled_back', 'in the end nothing happens');

#
# Many
#

my $crowd = $cluster->session;
$xid = $crowd->must('BEGIN; SELECT pg_current_xact_id()')->output;
$session->must('INSERT INTO glue_request (operation, connection_name, region, state,'
	  . ' next_attempt_at, caller_xid, caller_top_xid, on_rollback, requested_by, requested_at, input, answered_at, aws_sent_at, aws_ended_at)'
	  . " SELECT 'CreateConnection', 'many ' || i, 'us-east-1', 'running', now(), '$xid', '$xid',"
	  . " 'delete', current_user::regrole, now() - interval '1 s', '{}', now(), now(), now()"
	  . ' FROM generate_series(1, 5000) AS i');
$id = made('in a crowd', aborted());
$result = work($session);
is(state_of($session, $id), 'rolled_back', 'one of many');
cmp_ok($result->seconds, '<', 5, 'is found in time');
$session->must(q(DELETE FROM glue_request WHERE connection_name LIKE 'many %'
	AND substr(connection_name, 6)::int > 1000));
$crowd->must('ROLLBACK');
$crowd->quit;
$watch = $cluster->watch;
$result = work($session);
is($session->must("SELECT count(*) FROM glue_request WHERE state = 'rolled_back'"
	  . " AND connection_name LIKE 'many %'")->output, '1000', 'all are undone');
is($watch->sent, 1000, 'each by one read, since there is no connection');

#
# In the background
#

# A worker looks when it has news, and as soon as there is one again.
$caller->quit;
$session->quit;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'glue_conn'\n"
	  . "glue_conn.request_timeout = 2s\n");
$cluster->in_environment(sub { $node->restart });
$session = $cluster->session;
$caller = $cluster->session;
$id = made('by a worker', aborted());
enqueue($session, referring('news'));
wait_until(sub { state_of($session, $id) eq 'rolled_back' }, 'the worker');
is($glue->connection('by a worker'), undef, 'a worker undoes it as well');

# One that has ended after it had deleted the connection.
$glue->misbehave(operation => 'DeleteConnection', kind => 'slow', delay_ms => 30000);
$id = made('killed', aborted());
enqueue($session, referring('more news'));
wait_until(sub { !$glue->connection('killed') }, 'it is deleted');
is(state_of($session, $id), 'running', 'before the outcome is recorded');
my $killed_at = $session->must('SELECT now(), pg_terminate_backend(pid) FROM pg_stat_activity'
	  . " WHERE backend_type = 'glue_conn worker'")->output =~ s/\|.*//r;
wait_until(sub { state_of($session, $id) eq 'rolled_back' }, 'another worker');
is(state_of($session, $id, "finished_at > '$killed_at'::timestamptz + interval '2 s'"), 'rolled_back|t',
	'a deletion that may still arrive is waited for');
is(state_of($session, $id, 'error_code'), 'rolled_back|', 'another one finds it undone');

# IDs that are older than the commit log.
$xid = begin();
$caller->must('COMMIT');
$caller->quit;
$session->quit;
$node->stop;
command_ok([ 'pg_resetwal', '-e', '1', $node->data_dir ], 'many transactions later');
$cluster->start_node;
$session = $cluster->session;
$caller = $cluster->session;
$id = made('forgotten', $xid);
enqueue($session, referring('yet more news'));
wait_until(sub { state_of($session, $id) !~ /^(?:queued|running)/ }, 'an old one');
is(state_of($session, $id), 'rolled_back', 'a transaction without a known status');
is($glue->connection('forgotten'), undef, 'is undone');

# A crash rolls back open transactions.
$xid = begin();
$id = made('crashed', $xid);
$session->quit;
$node->stop('immediate');
$caller->quit;
$cluster->start_node;
$session = $cluster->session;
wait_until(sub { state_of($session, $id) eq 'rolled_back' }, 'the restart');
is($glue->connection('crashed'), undef, 'calls that were open in a crash are undone');

# The data that prove a takeover are kept as long as its transaction is open.
$caller = $cluster->session;
$id = made('evidence', begin());
intent('evidence', 3, state => q('succeeded'), finished_at => 'now()');
my $old = intent('no evidence', 3, state => q('succeeded'), finished_at => 'now()');
$caller->quit;
$session->quit;
$node->append_conf('postgresql.conf', "glue_conn.request_retention = 0\n");
$cluster->in_environment(sub { $node->restart });
$session = $cluster->session;
wait_until(sub { state_of($session, $id) !~ /^(?:queued|running)/ }, 'the last one');
is(state_of($session, $old), '', 'old requests are deleted');
is(state_of($session, $id, 'error_code'), 'rolled_back|NotOurs', 'but not evidence');

$session->quit;
$cluster->finish;
done_testing();
