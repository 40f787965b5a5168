# Copyright (c) 2026, glue_conn contributors
#
# A message may be carried out after its sender has ended.
#
# A process that resolves a call cannot know whether its message is still under
# way.  In all cases below it is, and arrives well within
# glue_conn.settle_time.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Interrupts;
use GlueConn::Resolved qw(create update);
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, conf => <<'CONF');
restart_after_crash = on
glue_conn.settle_time = '1500ms'
glue_conn.request_timeout = '1500ms'
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;
my $resolved = GlueConn::Resolved->new($glue, $node);
my $session = $cluster->session;

# Messages are late by this time, and callers that do not wait give up before.
my $late = 700;
my %impatient = ('glue_conn.request_timeout' => '300ms',
	'glue_conn.max_attempts' => 1);

# The next message of an operation about a connection is late.
sub delay
{
	my ($operation, $name) = @_;

	$glue->misbehave(operation => $operation, name => $name, kind => 'slow',
		arrives_ms => $late);
	return;
}

# Make a call whose message is late, and end it after the message was sent.
sub interrupt
{
	my ($operation, $name, $sql, $how) = @_;
	my $watch = $cluster->watch;
	my $caller = $cluster->session;

	delay($operation, $name);
	$caller->send($sql);
	wait_until(sub { $watch->sent($operation) }, 'the message has left');
	is($watch->processed($operation), 0, "$name: on the way");
	$how->($caller);
	$caller->quit;
	return;
}

my %ways = (
	cancelled => sub {
		$session->must('SELECT pg_cancel_backend(' . $_[0]->pid . ')');
		is($_[0]->result->sqlstate, '57014', 'it is cancelled'); },
	terminated => sub {
		$session->must('SELECT pg_terminate_backend(' . $_[0]->pid . ')'); },
	killed => sub {
		kill 'KILL', $_[0]->pid;
		wait_until(sub { !kill 0, $session->pid }, 'all sessions end');
		$session->quit;
		wait_until(sub { defined $resolved->ask('SELECT 1') }, 'the server recovers');
		$session = $cluster->session; });

#
# The caller has gone
#

# Late messages, and the state after their arrival; all but the first find the
# connection there.
my @calls = (
	[ 'CreateConnection', sub { create($_[0]) }, 'none', 'rolled_back' ],
	[ 'UpdateConnection', sub { update($_[0], 'second') }, 'second',
		'rolled_back NotUndone' ],
	[ 'DeleteConnection', sub { delete_sql($_[0]) }, 'none',
		'rolled_back NotUndone' ]);

foreach my $way (sort keys %ways)
{
	foreach my $case (@calls)
	{
		my ($operation, $sql) = @$case;
		my $name = "$operation $way";

		$session->must(create($name)) if $operation ne 'CreateConnection';
		interrupt($operation, $name, $sql->($name), $ways{$way});
	}
	foreach my $case (@calls)
	{
		my ($operation, undef, $left, $request) = @$case;
		my $name = "$operation $way";

		$resolved->outcome($name, $name,
			glue => $left, row => $left, request => $request);
	}
	is($glue->created("CreateConnection $way"), 1, "$way: it has arrived");
}

# No other call must come in between: the late message would change, make or
# undo its connection.
my %next = (
	CreateConnection => sub { create($_[0], 'third') },
	UpdateConnection => sub { update($_[0], 'third') },
	DeleteConnection => sub { create($_[0], 'third') });
foreach my $way ('cancelled', 'killed')
{
	my %others;

	foreach my $case (@calls)
	{
		my ($operation, $sql) = @$case;
		my $name = "$operation $way, and another call";

		$session->must(create($name)) if $operation ne 'CreateConnection';
		interrupt($operation, $name, $sql->($name), $ways{$way});
	}
	foreach my $operation (sort keys %next)
	{
		my $name = "$operation $way, and another call";

		$others{$name} = $cluster->session;
		$others{$name}->send($next{$operation}->($name));
	}
	foreach my $name (sort keys %others)
	{
		is($others{$name}->result->sqlstate, '00000',
			"$name: it waits, and is made");
		$resolved->outcome($name, $name,
			glue => 'third', row => 'third', request => 'succeeded');
		$others{$name}->quit;
	}
}

#
# The caller has given up an attempt
#

# The second attempt makes the connection, and is undone before the first one
# arrives.
my $name = 'asked for twice';
delay('CreateConnection', $name);
my $patient = $cluster->session(
	settings => { %impatient, 'glue_conn.max_attempts' => 3 });
my $watch = $cluster->watch;
$patient->must('BEGIN');
is($patient->query(create($name))->output, 'READY', "$name: made at last");
is($watch->processed('CreateConnection'), 1, "$name: the first is on the way");
$patient->must('ROLLBACK');
$resolved->outcome($name, $name,
	glue => 'none', row => 'none', request => 'rolled_back');
is($watch->processed('CreateConnection'), 2, "$name: both have arrived");
$patient->quit;

# The call gives up, and the transaction commits all the same.
$name = 'many, committed';
delay('CreateConnection', $name);
$patient = $cluster->session(settings => \%impatient);
is( $patient->must(create_many_sql('status, error_code IS NOT NULL',
		[ jdbc($name) ]))->output,
	'|t', "$name: it fails");
$patient->quit;
$resolved->wait;
is($resolved->differences, '', "$name: the table is as AWS Glue");
is($glue->connection($name), undef, "$name: and nothing is left");
like(($resolved->requests($name))[0], qr/^failed /, "$name: request");
is($glue->created($name), 1, "$name: it has arrived");

#
# The undoing process has ended
#

# The deletion of a worker that was killed arrives when the connection is made
# anew.
$name = 'deletion';
delay('DeleteConnection', $name);
$watch = $cluster->watch;
$session->must('BEGIN; ' . create($name) . '; ROLLBACK');
wait_until(sub { $watch->sent('DeleteConnection') }, 'the deletion has left');
kill 'KILL', $session->must('SELECT pid FROM pg_stat_activity'
	  . " WHERE backend_type = 'glue_conn worker'")->output;
wait_until(sub { !kill 0, $session->pid }, 'all sessions end');
$session->quit;
wait_until(sub { defined $resolved->ask('SELECT 1') }, 'the server recovers');
$session = $cluster->session;
is($session->query(create($name, 'second'))->output, 'READY',
	"$name: another caller waits, and makes it");
wait_until(sub { $watch->processed('DeleteConnection') }, 'the deletion arrives');
$resolved->outcome($name, $name,
	glue => 'second', row => 'second', request => 'succeeded');

# An endpoint without the time.  Whether the worker that is gone has sent a
# deletion, nobody knows.
$session->quit;
$cluster->in_environment(sub { $node->restart });
$session = $cluster->session;
$name = 'no time';
my @no_date = (kind => 'headers', headers => { Date => undef }, times => 0);
$glue->misbehave(@no_date);
$session->must('BEGIN; ' . create($name));
$glue->behave;
$glue->misbehave(operation => 'GetConnection', name => $name, kind => 'stall');
$glue->misbehave(@no_date);
$watch = $cluster->watch;
$session->must('ROLLBACK');
wait_until(sub { $watch->sent('GetConnection') }, 'the undo reads the connection');
$session->must('SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity'
	  . " WHERE backend_type = 'glue_conn worker'");
wait_until(sub { $resolved->ask('SELECT finished_at IS NOT NULL FROM glue_request'
	  . " WHERE connection_name = '$name' ORDER BY id DESC LIMIT 1") eq 't' }, 'the undo ends');
pass("$name: the undo ends all the same");
$glue->behave;

# That of the call that was sent twice was made anew after it had been undone,
# and undone once more.
$resolved->wait;
is($resolved->differences, '', 'in the end: the table is as AWS Glue');
is($resolved->made_twice, 'asked for twice',
	'in the end: no other call has made two connections');
is($resolved->ask('SELECT count(*) FROM glue_connection_drift()'), '0',
	'the extension says the same');
$session->quit;
$node->stop;
$glue->stop;
done_testing();
