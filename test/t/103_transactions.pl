# Copyright (c) 2026, glue_conn contributors
#
# Immediate calls follow their transaction.
#
# docs/transactions.md has two tables of events; each of their rows is tested
# under its own name, here, in 105_failover.pl or in 112_clocks.pl: the
# resulting state of AWS Glue, the contents of glue_connection and
# glue_request, and the messages to the user.  The last test compares the names
# with the tables.

use strict;
use warnings;

use File::Basename qw(dirname);
use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Interrupts;
use GlueConn::Resolved qw(create update %undone %succeeded %nothing);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $cluster = GlueConn::Cluster->start(preload => 1, conf => <<'CONF');
restart_after_crash = on
max_prepared_transactions = 2
glue_conn.databases = 'postgres, other, newborn'
glue_conn.settle_time = '1s'
glue_conn.request_timeout = '4s'
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;
my $resolved = GlueConn::Resolved->new($glue, $node);

$cluster->query(<<'SQL');
CREATE DATABASE other;
CREATE DATABASE unserved;
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
SQL
$cluster->query('CREATE EXTENSION glue_conn', database => $_)
  foreach 'other', 'unserved';
my $session = $cluster->session;

#
# Comparisons
#

sub call
{
	my ($function, @arguments) = @_;

	return "SELECT $function("
	  . join(', ', map { literal(ref $_ ? json_text($_) : $_) } @arguments)
	  . ')';
}

sub outcome { return $resolved->outcome(@_); }

sub request { return ($resolved->requests($_[0]))[-1] // 'none'; }

# Compare the warnings about connections that stay: each is a pattern for its
# detail, and there must be no others.
sub warned
{
	my ($event, $result, @patterns) = @_;
	my @warnings = grep { $_->{message} =~ /^AWS Glue keeps / }
	  $result->messages('WARNING');

	is(scalar @warnings, scalar @patterns, "$event: warnings");
	foreach my $pattern (@patterns)
	{
		my $warning = shift(@warnings) // {};

		is($warning->{sqlstate}, '01000', "$event: SQLSTATE of the warning");
		like($warning->{detail}, $pattern, "$event: it names the connection");
	}
	return;
}

sub failed
{
	my ($event, $result, $sqlstate) = @_;

	is($result->sqlstate, $sqlstate, "$event: SQLSTATE")
	  or diag($result->text);
	return;
}

sub held_session
{
	my ($kind, $name) = @_;

	return $cluster->held_session($kind, $name, create($name));
}

# A call whose result is fetched much later, and its duration.
sub timed
{
	my ($sql) = @_;
	my $now = 'SELECT extract(epoch FROM clock_timestamp())';

	return "$now; $sql; $now";
}

sub seconds
{
	my ($result) = @_;
	my @times = $result->output =~ /^([\d.]+)$/mg;

	return $times[-1] - $times[0];
}

#
# A crash; first, because it would disturb all others
#

my $event = 'crash or power cut before the COMMIT';
my @lost = (
	$cluster->session,
	held_session('slow', 'made before the crash'),
	held_session('stall', 'asked for before the crash'));
$lost[0]->must('BEGIN');
$lost[0]->must(create('done before the crash'));
$session->must('BEGIN; ' . create('committed before the crash') . '; COMMIT');
$cluster->crash;
$_->quit foreach @lost, $session;
$cluster->start_node;
$session = $cluster->session;
outcome($event, "$_ before the crash", %undone)
  foreach qw(done made), 'asked for';
is($glue->created('done before the crash'), 1, "$event: created once");
outcome('crash or power cut after the COMMIT', 'committed before the crash',
	%succeeded);

# A background process writes the WAL of asynchronous commits, unless another
# process writes at that moment; so this may need more than one attempt.
$event = 'crash that loses a COMMIT, with synchronous_commit = off';
$session->must('CREATE TABLE committed (name text)');
my $lost;
foreach my $attempt (1 .. 10)
{
	$lost = "lost $attempt";
	$session->must('BEGIN; SET LOCAL synchronous_commit = off');
	$session->must("INSERT INTO committed VALUES ('$lost')");
	$session->must(create($lost));
	my $walwriter = $session->must('SELECT pid FROM pg_stat_activity'
		  . " WHERE backend_type = 'walwriter'")->output;
	kill 'STOP', $walwriter;
	is($session->query('COMMIT')->sqlstate, '00000', "$event: committed");
	kill 'KILL', $walwriter;
	wait_until(sub { !kill 0, $session->pid }, 'all sessions end');
	$session->quit;
	wait_until(sub { defined $resolved->ask('SELECT 1') }, 'the server recovers');
	$session = $cluster->session;
	last if $session->must('SELECT count(*) FROM committed'
		  . " WHERE name = '$lost'")->output eq '0';
	outcome("$event, but does not lose it", $lost, %succeeded);
}
outcome($event, $lost, %undone);
is($glue->created($lost), 1, "$event: it was created");

#
# Cases of ten or thirty seconds: begun here, and checked at the end
#

my $journal = 'SELECT pid FROM pg_stat_activity'
  . " WHERE backend_type = 'glue_conn journal worker'";
my $unheard = $cluster->session(database => 'other');
$unheard->must(create('heard'));
my $stopped = $session->must("$journal AND datname = 'other'")->output;
kill 'STOP', $stopped;
$unheard->send(timed(create('unheard')));

# The deletion that would undo this takes longer than any caller waits.
$glue->misbehave(operation => 'DeleteConnection', name => 'stuck',
	kind => 'stall');
$session->must(q(BEGIN; SET LOCAL glue_conn.request_timeout = '40s'; )
	  . create('stuck', 'first') . '; ROLLBACK');
my $blocked = $cluster->session;
$blocked->send(timed(create('stuck', 'second')));

#
# Commit, and failures before it
#

$event = 'COMMIT';
$session->must(create("$_ in the end")) foreach qw(updated deleted tagged);
my $result = $session->must(join ';', 'BEGIN',
	create('created in the end'),
	update('updated in the end', 'second'),
	delete_sql('deleted in the end'),
	call('glue_tag_connection', 'tagged in the end', { team => 'a' }),
	'COMMIT');
warned($event, $result);
outcome($event, 'created in the end', %succeeded);
outcome($event, 'updated in the end',
	glue => 'second', row => 'second', request => 'succeeded');
outcome($event, 'deleted in the end',
	glue => 'none', row => 'none', request => 'succeeded');
outcome($event, 'tagged in the end', %succeeded);

$event = 'AWS refuses the call';
my %refusal = (kind => 'error', code => 'AccessDeniedException');
my %refused = (request => 'failed AccessDeniedException');
$glue->misbehave(operation => 'CreateConnection', name => 'refused', %refusal);
$result = $session->query(create('refused'));
failed($event, $result, '42501');
warned($event, $result);
outcome($event, 'refused', glue => 'none', row => 'none', %refused);
is_deeply(
	[ split /\|/, $session->must('SELECT error_message, aws_request_id FROM'
		  . " glue_request WHERE connection_name = 'refused'")->output ],
	[ $result->message . ': ' . $result->detail,
		$result->detail =~ /request ID ([-\w]+)/ ],
	"$event: the request has the error of AWS");
$session->must(create('refusing'));
foreach my $call (update('refusing', 'second'),
	delete_sql('refusing'))
{
	$glue->misbehave(operation => '*eConnection', %refusal);
	$result = $session->query($call);
	failed($event, $result, '42501');
	warned($event, $result);
	outcome($event, 'refusing', glue => 'first', row => 'first', %refused);
}

$event = 'the input is invalid';
my $watch = $cluster->watch;
$result = $session->query(create_sql({ Name => 'invalid' }));
failed($event, $result, '22023');
is($watch->sent, 0, "$event: nothing was sent");
outcome($event, 'invalid', %nothing);

#
# Rollback
#

$event = 'ROLLBACK after a create';
$session->must('BEGIN');
$session->must(create('rolled back'));
my $started = time;
warned($event, $session->must('ROLLBACK'));
outcome($event, 'rolled back', %undone);
my $seconds = time - $started;
note sprintf 'undone within %.0f ms', 1000 * $seconds;
cmp_ok($seconds, '<', $soon, "$event: soon");
is($glue->created('rolled back'), 1, "$event: it was created");

$event = 'the same, on_rollback = keep';
$session->must("BEGIN; SET glue_conn.on_rollback = 'keep'");
$session->must(create('kept'));
warned($event, $session->must('ROLLBACK'), qr/"kept" was created/);
outcome($event, 'kept',
	glue => 'first', row => 'first', request => 'rolled_back Kept');

# Each of these happens in a transaction that continues.
$event = 'ROLLBACK TO a savepoint, an exception block in PL/pgSQL';
foreach my $case (
	[ 'savepoint' => 'SAVEPOINT s; %s; ROLLBACK TO s' ],
	[ 'released' => 'SAVEPOINT s; SAVEPOINT t; %s; RELEASE t; ROLLBACK TO s' ],
	[
		'exception' => 'DO $$ BEGIN PERFORM (%s); RAISE division_by_zero;'
		  . ' EXCEPTION WHEN division_by_zero THEN NULL; END $$'
	])
{
	my ($name, $statements) = @$case;

	$session->must('BEGIN');
	$result = $session->must(sprintf $statements, create($name));
	warned($event, $result);
	outcome("$event, before the end", $name, %undone);
	$session->must('COMMIT');
	outcome($event, $name, %undone);
	is($glue->created($name), 1, "$event: it was created");
}

$event = 'an error after the call, a COMMIT that fails';
foreach my $case (
	[ '22012' => 'BEGIN; %s; SELECT 1/0; ROLLBACK' ],
	[ '22012' => 'SELECT (%s), 1 / (length(clock_timestamp()::text) * 0)' ],
	[ '23503' => 'BEGIN; INSERT INTO child VALUES (1); %s; COMMIT' ])
{
	my ($sqlstate, $statements) = @$case;
	my $name = "failed $sqlstate " . length $statements;

	$result = $session->query(sprintf $statements, create($name));
	failed($event, $result, $sqlstate);
	warned($event, $result);
	outcome($event, $name, %undone);
	is($glue->created($name), 1, "$event: it was created");
}

$event = 'ROLLBACK after an update';
$session->must(create('updated'));
$session->must('BEGIN; ' . update('updated', 'second'));
warned($event, $session->must('ROLLBACK'), qr/"updated" was changed/);
outcome($event, 'updated',
	glue => 'second', row => 'second', request => 'rolled_back NotUndone');

# That of a create which turns into an update is none that can be undone.
$session->must('BEGIN; ' . create('updated', 'third', on_conflict => 'update'));
warned($event, $session->must('ROLLBACK'), qr/"updated" was changed/);
outcome($event, 'updated',
	glue => 'third', row => 'third', request => 'rolled_back NotUndone');

$event = 'ROLLBACK after a deletion';
$session->must(create('deleted'));
$session->must('BEGIN; ' . delete_sql('deleted'));
warned($event, $session->must('ROLLBACK'), qr/"deleted" was deleted/);
outcome($event, 'deleted',
	glue => 'none', row => 'none', request => 'rolled_back NotUndone');
$session->must(create("batch $_")) foreach 1, 2;
$session->must('BEGIN; '
	  . q(SELECT glue_batch_delete_connection('{batch 1, batch 2}')));
warned($event, $session->must('ROLLBACK'),
	qr/"batch 1" was deleted.*"batch 2" was deleted/s);
outcome($event, "batch $_",
	glue => 'none', row => 'none', request => 'rolled_back NotUndone')
  foreach 1, 2;

$event = 'ROLLBACK after a change of tags';
$session->must(create('tagged', 'first', tags => { team => 'a', cost => '1' }));
foreach my $case (
	[ 'glue_tag_connection', { team => 'b' }, { team => 'b', cost => '1' } ],
	[ 'glue_untag_connection', '{cost}', { team => 'b' } ])
{
	my ($function, $change, $tags) = @$case;

	$session->must('BEGIN; ' . call($function, 'tagged', $change));
	warned($event, $session->must('ROLLBACK'), qr/"tagged" was changed/);
	outcome($event, 'tagged',
		glue => 'first', row => 'first', request => 'rolled_back NotUndone');
	is_deeply($glue->connection('tagged')->{tags}, $tags,
		"$event: $function(), in AWS Glue");
	is_deeply($cluster->row('tagged')->{tags}, $tags,
		"$event: $function(), row");
}

#
# Interrupted
#

$event = 'cancel or statement_timeout during the call';
foreach my $kind ('slow', 'stall')
{
	my $waiting = held_session($kind, "cancelled $kind");

	$session->must('SELECT pg_cancel_backend(' . $waiting->pid . ')');
	failed($event, $waiting->result, '57014');
	outcome($event, "cancelled $kind", %undone);
	is($glue->created("cancelled $kind"), $kind eq 'slow' ? 1 : 0,
		"$event: it was created, or not");
	$waiting->quit;
}
$glue->misbehave(operation => 'CreateConnection', name => 'timed out',
	kind => 'slow', delay_ms => 60000);
$result = $cluster->query(create('timed out'),
	settings => { statement_timeout => '700ms' });
failed($event, $result, '57014');
outcome($event, 'timed out', %undone);

$event = 'the session is terminated, or its client is gone';
foreach my $kind ('slow', 'stall')
{
	my $waiting = held_session($kind, "terminated $kind");

	$session->must('SELECT pg_terminate_backend(' . $waiting->pid . ')');
	failed($event, $waiting->result, '57P01');
	outcome($event, "terminated $kind", %undone);
	$waiting->quit;
}
foreach my $end ('terminated', 'vanished')
{
	my $leaving = $cluster->session;

	$leaving->must('BEGIN; ' . create($end));
	$session->must('SELECT pg_terminate_backend(' . $leaving->pid . ')')
	  if $end eq 'terminated';
	$end eq 'terminated' ? $leaving->quit : $leaving->vanish;
	outcome($event, $end, %undone);
	is($glue->created($end), 1, "$event: it was created");
}

#
# Answers that are lost
#

$event = 'the answer is lost, the connection was created';
my %lost_answer = (operation => 'CreateConnection', kind => 'lost-after');
$glue->misbehave(%lost_answer, name => 'found');
$result = $session->query(create('found'));
is($result->output, 'READY', "$event: it is found");
warned($event, $result);
outcome($event, 'found', %succeeded);

# Nor can the worker read anything before it may.
$event = 'the same, and it cannot be read back (08007)';
my %unreadable = (operation => 'GetConnection', kind => 'lost-before', times => 0);
my $once = $cluster->session(settings => { 'glue_conn.max_attempts' => 1 });
$glue->misbehave(%lost_answer, name => 'unknown');
$glue->misbehave(%unreadable, name => 'unknown');
$result = $once->query(create('unknown'));
failed($event, $result, '08007');
warned($event, $result);
is($glue->created('unknown'), 1, "$event: it was created");
$glue->behave;
outcome($event, 'unknown', %undone);

$event = 'the same in glue_create_connections(), whose transaction commits';
$glue->misbehave(%lost_answer, name => 'many 2');
$glue->misbehave(%unreadable, name => 'many 2');
$result = $once->query(create_many_sql('name, status, error_code IS NOT NULL',
	[ map { jdbc("many $_", Description => 'first') } 1 .. 3 ]));
is($result->output, "many 1|READY|f\nmany 2||t\nmany 3|READY|f",
	"$event: it is a row");
warned($event, $result);
$glue->behave;
outcome($event, 'many 2', glue => 'none', row => 'none',
	request => 'failed outcome unknown');
is($glue->created('many 2'), 1, "$event: it was created");
outcome($event, "many $_", %succeeded) foreach 1, 3;
$once->quit;

#
# Others
#

$event = 'rolled back, but another client has changed or replaced the connection since';
my %change = (
	'changed the definition' => sub {
		return (input => { %{ $_[0]{definition} }, Description => 'other' },
			created => $_[0]{created}); },
	'changed it to the same' => sub {
		return (input => $_[0]{definition}, created => $_[0]{created},
			updated => $_[0]{created} + 5); },
	'replaced it' => sub {
		return (input => { %{ $_[0]{definition} }, Description => 'other' }); },
	'replaced it by the same' => sub {
		return (input => $_[0]{definition}, created => $_[0]{created} + 5,
			updated => $_[0]{created} + 5); });
foreach my $name (sort keys %change)
{
	$session->must('BEGIN; ' . create($name));
	my %other = $change{$name}->($glue->connection($name));
	$glue->put_connection(%other);
	warned($event, $session->must('ROLLBACK'));
	outcome($event, $name, request => 'rolled_back NotOurs',
		map { $_ => $other{input}{Description} } 'glue', 'row');
}

# The existing connection is another one, with unknown tags.
$session->must(create('another life', 'first', tags => { team => 'a' }));
my $made = $glue->connection('another life')->{created};
$glue->put_connection(input => jdbc('another life', Description => 'first'),
	created => $made + 60);
$session->must('BEGIN; ' . update('another life', 'second') . '; ROLLBACK');
outcome('made anew, and then updated and rolled back', 'another life',
	glue => 'second', row => 'second', request => 'rolled_back NotUndone');
is($cluster->row('another life')->{tags}, undef, 'its successor has none of its tags');

# 108_side_by_side.pl has more of that.
$event = 'a call of another session for the connection, while the transaction is open';
foreach my $case (
	[ 'adopted by another', create('adopted by another', 'first', on_conflict => 'adopt'), 'ROLLBACK',
		'00000', %succeeded ],
	[ 'updated by another', update('updated by another', 'second'), 'ROLLBACK', '42704', %undone,
		request => 'failed EntityNotFoundException' ],
	[ 'overwritten by another', update('overwritten by another', 'second'), 'COMMIT', '00000',
		%succeeded, glue => 'second', row => 'second' ],
	[ 'deleted by another', delete_sql('deleted by another'), 'COMMIT', '00000', %nothing,
		request => 'succeeded' ])
{
	my ($name, $call, $end, $sqlstate, %outcome) = @$case;
	my $other = $cluster->session;

	$session->must('BEGIN; ' . create($name));
	$other->send($call);
	wait_until(sub {
		$resolved->ask('SELECT wait_event FROM pg_stat_activity WHERE pid = '
			  . $other->pid) eq 'advisory'
	}, 'the other call waits');
	$session->must($end);
	failed($event, $other->result, $sqlstate);
	outcome($event, $name, %outcome);
	$other->quit;
}
$session->must('BEGIN; ' . create('taken by another'));
my $rival = $cluster->session;
$result = $rival->query(create('taken by another'));
failed($event, $result, '42710');
cmp_ok($result->seconds, '<', $soon, "$event: a plain creation fails at once");
$rival->quit;
$session->must('COMMIT');
outcome($event, 'taken by another', %succeeded, request => 'failed AlreadyExistsException');

$event = 'rolled back, and another client has deleted it';
$session->must('BEGIN; ' . create('gone'));
$glue->remove_connection('gone');
warned($event, $session->must('ROLLBACK'));
outcome($event, 'gone', %undone);

$event = 'rolled back, and AWS cannot be reached, or refuses to delete it';
foreach my $rule ({ kind => 'lost-before' }, {%refusal})
{
	my $name = "kept by $rule->{kind}";

	$glue->misbehave(operation => 'DeleteConnection', name => $name,
		times => 0, %$rule);
	$session->must('BEGIN; ' . create($name));
	warned($event, $session->must('ROLLBACK'));
	wait_until(sub { request($name) =~ /^(?:queued|failed) ./ },
		'the first attempt has failed');
	like(request($name), qr/^queued /, "$event: request");
	outcome($event, $name, glue => 'first', row => 'none',
		request => request($name));
	$glue->behave;
	$resolved->hurry;
	outcome("$event, until it is not so any more", $name, %undone);
}

$event = 'rolled back, and the role or the foreign server is gone';
$session->must('CREATE ROLE leaving SUPERUSER LOGIN');
$session->must('CREATE SERVER leaving FOREIGN DATA WRAPPER glue_conn');
foreach my $what ('ROLE', 'SERVER')
{
	my $name = "of a $what";
	my $leaving = $cluster->session($what eq 'ROLE' ? (user => 'leaving') : ());

	$leaving->must('BEGIN; '
		  . create($name, 'first', $what eq 'SERVER' ? (server => 'leaving') : ()));
	$session->must("DROP $what leaving");
	warned($event, $leaving->must('ROLLBACK'));
	outcome($event, $name, glue => 'first', row => 'none',
		request => 'failed 42704');
	like(slurp_file($node->logfile), qr/(?:LOG|WARNING):.*"$name"/,
		"$event: the log reports it");
	$leaving->quit;
}

$event = 'rolled back, and the role may not use the foreign server any more';
$session->must('CREATE ROLE leaving LOGIN;'
	  . ' CREATE SERVER leaving FOREIGN DATA WRAPPER glue_conn;'
	  . ' GRANT USAGE ON FOREIGN SERVER leaving TO leaving;'
	  . ' GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO leaving');
my $leaving = $cluster->session;
$leaving->must('SET SESSION AUTHORIZATION leaving; BEGIN; '
	  . create('barred', 'first', server => 'leaving'));
$session->must('REVOKE USAGE ON FOREIGN SERVER leaving FROM leaving');
warned($event, $leaving->must('ROLLBACK'));
outcome($event, 'barred', glue => 'first', row => 'none', request => 'queued 42501');
$session->must('GRANT USAGE ON FOREIGN SERVER leaving TO leaving');
$resolved->hurry;
outcome("$event, until it may", 'barred', %undone);
$leaving->quit;
$session->must('DROP SERVER leaving; DROP OWNED BY leaving; DROP ROLE leaving');

$event = 'a call for the same name during the undo';
$glue->misbehave(operation => 'DeleteConnection', name => 'again',
	kind => 'slow', processed => \1, delay_ms => 1000);
$session->must('BEGIN; ' . create('again') . '; ROLLBACK');
$result = $session->query(create('again', 'second'));
is($result->output, 'READY', "$event: it is made");
cmp_ok($result->seconds, '>', 0.5, "$event: after it has waited");
outcome($event, 'again',
	glue => 'second', row => 'second', request => 'succeeded');
is($glue->created('again'), 2, "$event: created twice");

#
# Refused
#

$event = 'PREPARE TRANSACTION after such a call';
$session->must('BEGIN; ' . create('prepared'));
$result = $session->query("PREPARE TRANSACTION 'x'");
failed($event, $result, '0A000');
warned($event, $result);
outcome($event, 'prepared', %undone);
is($session->must('SELECT count(*) FROM pg_prepared_xacts')->output, '0',
	"$event: nothing is prepared");

$event = 'CREATE EXTENSION in the same transaction';
$session->must('CREATE DATABASE newborn');
$watch = $cluster->watch;
$result = $cluster->query(
	'BEGIN; CREATE EXTENSION glue_conn; ' . create('newborn'),
	database => 'newborn');
failed($event, $result, '55000');
is($watch->sent, 0, "$event: nothing was sent");
is($glue->connection('newborn'), undef, "$event: in AWS Glue");
$cluster->query('CREATE EXTENSION glue_conn', database => 'newborn');
GlueConn::Resolved->new($glue, $node, 'newborn')->outcome($event, 'newborn',
	%nothing);
is($cluster->query(create('newborn'), database => 'newborn')->output, 'READY',
	"$event: once it is committed, it works");

is( $session->must("SELECT string_agg(p.proname, ' ') FROM pg_proc p"
		  . ' JOIN pg_depend d ON d.objid = p.oid'
		  . " AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'"
		  . ' JOIN pg_extension e ON e.oid = d.refobjid'
		  . " WHERE e.extname = 'glue_conn' AND p.provolatile = 'v'"
		  . " AND p.proparallel <> 'u'")->output,
	'', 'no function that acts runs in parallel workers');

#
# The cases that were begun above
#

$event = 'no background worker records the intent in 10 seconds';
$result = $unheard->result;
failed($event, $result, '53000');
cmp_ok(seconds($result), '<', 10 + $soon, "$event: no later");
cmp_ok(seconds($result), '>', 9.5, "$event: no earlier");
kill 'CONT', $stopped;
is($unheard->query(create('heard again'))->output, 'READY',
	"$event: later it does so again");
GlueConn::Resolved->new($glue, $node, 'other')->outcome($event, 'unheard',
	%nothing);
$unheard->quit;

$event = 'a call for the same name during the undo';
$result = $blocked->result;
failed($event, $result, '55P03');
cmp_ok(seconds($result), '>', 25, "$event: it waits");
cmp_ok(seconds($result), '<', 30 + $soon, "$event: for 30 seconds at most");
is($glue->created('stuck'), 1, "$event: nothing was sent");
$blocked->quit;

# Restarts end the stalled call.
$session->quit;
$cluster->restart(AWS_ACCESS_KEY_ID => $glue->access_key,
	AWS_SECRET_ACCESS_KEY => $glue->secret_key);
outcome($event, 'stuck', %undone);
my %strangers = map { $_ => 1 } 'of a ROLE', 'of a SERVER', 'heard',
  'heard again', 'newborn';
$resolved->check('after all of this', keys %strangers);
$session = $cluster->session;
is( $session->must('SELECT name FROM glue_connection_drift()')->output,
	join("\n", sort keys %strangers), 'the extension says the same');

#
# Where nothing is written down
#

sub check_without
{
	my ($why, $database) = @_;
	my $caller = $cluster->session(database => $database);
	my $here = GlueConn::Resolved->new($glue, $node, $database);

	$caller->must(create("$_ $why", 'first')) foreach 'updated', 'deleted';

	my $row = 'ROLLBACK';
	$caller->must('BEGIN; '
		  . join ';', create("created $why"), update("updated $why", 'second'),
		delete_sql("deleted $why"));
	$result = $caller->must('ROLLBACK');
	warned("$why: $row", $result,
		qr/"created $why" was created.*"updated $why" was changed.*"deleted $why" was deleted/s);
	like(($result->messages('WARNING'))[0]{hint},
		qr/glue_delete_connection.*glue_sync_connections/,
		"$why: $row: the functions to call");
	$here->outcome("$why: $row", "created $why", %nothing, glue => 'first', row => 'none');
	$here->outcome("$why: $row", "updated $why", %nothing, glue => 'second', row => 'first');
	$here->outcome("$why: $row", "deleted $why", %nothing, glue => 'none', row => 'first');

	$result = $caller->must('BEGIN; SAVEPOINT s; ' . create("savepoint $why")
		  . '; ROLLBACK TO s');
	warned("$why: to a savepoint", $result, qr/"savepoint $why" was created/);
	warned("$why: committed", $caller->must('COMMIT'));

	$row = 'PREPARE TRANSACTION after such a call';
	$caller->must('BEGIN; ' . create("prepared $why"));
	$result = $caller->query("PREPARE TRANSACTION 'x'");
	failed("$why: $row", $result, '0A000');
	warned("$why: $row", $result, qr/"prepared $why" was created/);
	$here->outcome("$why: $row", "prepared $why", %nothing, glue => 'first', row => 'none');

	$row = 'the session is terminated, or crashes';
	$caller->must('BEGIN; ' . create("terminated $why"));
	$cluster->query('SELECT pg_terminate_backend(' . $caller->pid . ')');
	$caller->quit;
	$here->outcome("$why: $row", "terminated $why", %nothing, glue => 'first', row => 'none');
	return;
}

check_without('not named', 'unserved');
$session->quit;
$node->append_conf('postgresql.conf', 'glue_conn.worker = off');
$cluster->in_environment(sub { $node->restart });
check_without('no worker', 'postgres');
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$cluster->in_environment(sub { $node->restart });
check_without('not preloaded', 'postgres');

#
# The rows of docs/transactions.md
#

my $page = slurp_file(dirname(__FILE__) . '/../../docs/transactions.md');
my ($chapter) = $page =~ /^## What happens when\n(.*?)(?=^##|\z)/ms;
my %event = map { (s/`//gr) => 1 } ($chapter // '') =~ /^\| (?!---|event)(.+?) \|/mg;
my $tests = join '', map { slurp_file(dirname(__FILE__) . "/$_") }
  '103_transactions.pl', '105_failover.pl', '097_queue_goes_on.pl', '112_clocks.pl';
cmp_ok(scalar keys %event, '>=', 30, 'the page has its rows');
is(join("\n", grep { $tests !~ /'\Q$_\E'/ } sort keys %event), '',
	'there is a test of each row');

$node->stop;
$glue->stop;
done_testing();
