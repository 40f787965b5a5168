# Copyright (c) 2026, glue_conn contributors
#
# A call that acts at once does not wait for requests of rows.  If the worker of such
# a request is gone, its message may hit the connection that the call has made.  Then
# the table has the state of AWS Glue, no later than when the request ends.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use Test::More;

# A sender waits for a shorter time than the late message takes.
my $cluster = GlueConn::Cluster->start(conf => <<'CONF');
restart_after_crash = on
glue_conn.settle_time = '2s'
glue_conn.request_timeout = '1500ms'
CONF
my $glue = $cluster->glue;
my $session = $cluster->session;

sub make_table
{
	my ($name, @arguments) = @_;

	$session->must("CREATE TABLE $name (connection_input jsonb, tags jsonb); "
		  . trigger_sql($name, 'tags=tags', @arguments));
	return;
}

sub insert
{
	my ($table, @input) = @_;

	return "INSERT INTO $table VALUES (" . input_sql(@input) . ')';
}

sub change
{
	my ($table, $name, $what) = @_;

	return "UPDATE $table SET $what WHERE connection_input->>'Name' = " . literal($name);
}

sub update
{
	my ($table, @input) = @_;

	return change($table, $input[0], 'connection_input = ' . input_sql(@input));
}

sub delete_row
{
	my ($table, $name) = @_;

	return "DELETE FROM $table WHERE connection_input->>'Name' = " . literal($name);
}

# The outcomes of the requests for a connection, all of which are carried out.
sub outcomes
{
	my ($name) = @_;

	wait_until(sub {
		work_on_all($session);
		return $session->must('SELECT count(*) FROM glue_request WHERE finished_at IS NULL')->output eq '0';
	}, 'all is carried out');
	return $session->must(q{SELECT string_agg(concat_ws(' ', left(operation, 6), state, error_code), ', ' ORDER BY id)
		FROM glue_request WHERE connection_name = } . literal($name))->output;
}

sub in_glue
{
	my ($name) = @_;
	my $connection = $glue->connection($name);
	my $tags = $connection ? $connection->{tags} // {} : {};

	return 'nothing' unless $connection;
	return join ' ', $connection->{definition}{Description}, sort keys %$tags;
}

sub recorded
{
	my ($name) = @_;

	return $session->must(q{SELECT coalesce((SELECT concat_ws(' ', description, CASE WHEN tags IS NULL THEN 'unknown' ELSE
		(SELECT string_agg(key, ' ' ORDER BY key) FROM jsonb_object_keys(tags) key) END)
		FROM glue_connection WHERE name = } . literal($name) . q{), 'nothing')})->output;
}

sub owner
{
	my ($name) = @_;

	return $session->must('SELECT string_agg(relation::regclass::text, $$ $$) FROM glue_provision'
		  . ' WHERE owned AND name = ' . literal($name))->output;
}

my %ways = (
	terminated => sub { $session->must('SELECT pg_terminate_backend(' . $_[0]->pid . ')'); },
	killed => sub {
		kill 'KILL', $_[0]->pid;
		wait_until(sub { !kill 0, $session->pid }, 'all sessions end');
		$session->quit;
		wait_until(sub { $session = eval { $cluster->session } }, 'the server recovers'); });

# A worker has sent a message that is late, and is gone.
sub lose_worker
{
	my ($operation, $name, $sql, $way) = @_;
	my $worker = $cluster->session;
	my $watch = $cluster->watch;

	$glue->misbehave(operation => $operation, kind => 'slow', arrives_ms => 1000, times => 1);
	$session->must($sql);
	$worker->send('CALL glue_process_requests()');
	wait_until(sub { $watch->sent($operation) }, "$operation has left");
	$ways{ $way // 'terminated' }->($worker);
	$worker->quit;
	is($watch->processed($operation), 0, "$name: on the way");
	return $watch;
}

sub arrived
{
	my ($watch, $operation, $refused) = @_;

	wait_until(sub { $watch->processed($operation) + ($refused // 0) == $watch->sent($operation) },
		'it has arrived');
	return;
}

# Another session makes the connection anew.
sub make_anew
{
	my ($name) = @_;

	$session->must(delete_sql($name));
	return $session->must(create_sql(referring($name, Description => 'third'), tags => '{"third": ""}'));
}

make_table('source');
make_table('updating', 'on_conflict=update');
make_table('adopting', 'on_conflict=adopt');
make_table('keeping', 'on_delete=keep');

# The late message, its request, and the outcome.
my @cases = (
	{ name => 'deleted', operation => 'DeleteConnection', table => 'source',
		sql => sub { delete_row('source', $_[0]) },
		outcomes => 'Create succeeded, Delete succeeded', left => 'nothing', owner => '' },
	{ name => 'deleted, killed', operation => 'DeleteConnection', table => 'source', way => 'killed',
		sql => sub { delete_row('source', $_[0]) },
		outcomes => 'Create succeeded, Delete succeeded', left => 'nothing', owner => '' },
	{ name => 'updated', operation => 'UpdateConnection', table => 'source',
		sql => sub { update('source', $_[0], Description => 'second') },
		outcomes => 'Create succeeded, Update failed AlreadyExistsException',
		left => 'second third', owner => '' },
	{ name => 'updated, killed', operation => 'UpdateConnection', table => 'source', way => 'killed',
		sql => sub { update('source', $_[0], Description => 'second') },
		outcomes => 'Create succeeded, Update failed AlreadyExistsException',
		left => 'second third', owner => '' },
	{ name => 'updated, for a row that may update it', operation => 'UpdateConnection', table => 'updating',
		sql => sub { update('updating', $_[0], Description => 'second') },
		outcomes => 'Create succeeded, Update succeeded', left => 'second third', owner => 'updating' },
	{ name => 'updated, for a row that may adopt it', operation => 'UpdateConnection', table => 'adopting',
		sql => sub { update('adopting', $_[0], Description => 'second') },
		outcomes => 'Create succeeded, Update succeeded', left => 'second third', owner => 'adopting' },
	{ name => 'updated by a create', operation => 'UpdateConnection', table => 'updating', exists => 1,
		sql => sub { insert('updating', $_[0], Description => 'second') },
		outcomes => 'Create succeeded', left => 'second third', owner => 'updating' },
	{ name => 'updated and released', operation => 'UpdateConnection', table => 'keeping',
		sql => sub { update('keeping', $_[0], Description => 'second') },
		next => sub { $session->must(delete_row('keeping', $_[0])); },
		outcomes => 'Create succeeded, Update failed AlreadyExistsException, Releas succeeded',
		left => 'second third', owner => '' },
	{ name => 'updated and released by hand', operation => 'UpdateConnection', table => 'source',
		sql => sub { update('source', $_[0], Description => 'second') },
		next => sub { $session->must("SELECT glue_release_connection('source', '$_[0]')"); },
		outcomes => 'Create succeeded, Update failed AlreadyExistsException, Releas succeeded',
		left => 'second third', owner => '' },
	{ name => 'tagged', operation => 'TagResource', table => 'source',
		sql => sub { change('source', $_[0], q{tags = '{"second": ""}'}) },
		outcomes => 'Create succeeded, Update failed AlreadyExistsException',
		left => 'third second third', owner => '' },
	{ name => 'tagged, for a row that may update it', operation => 'TagResource', table => 'updating',
		sql => sub { change('updating', $_[0], q{tags = '{"second": ""}'}) },
		outcomes => 'Create succeeded, Update succeeded',
		left => 'first second third', owner => 'updating' },
	{ name => 'updated in the queue', operation => 'UpdateConnection', exists => 1,
		sql => sub { enqueue_update_sql(referring($_[0], Description => 'second')) },
		next => sub { $glue->misbehave(operation => 'UpdateConnection', kind => 'error',
			code => 'AccessDeniedException', message => 'no', times => 1); },
		outcomes => 'Update failed AccessDeniedException', refused => 1, left => 'second third', owner => '' });

foreach my $case (@cases)
{
	my ($name, $operation) = @$case{ 'name', 'operation' };

	if ($case->{exists})
	{
		$session->must(create_sql(referring($name, Description => 'first')));
	}
	else
	{
		$session->must(insert($case->{table}, $name, Description => 'first'));
		outcomes($name);
	}
	my $watch = lose_worker($operation, $name, $case->{sql}->($name), $case->{way});
	make_anew($name);
	cmp_ok($watch->processed($operation), '<', $watch->sent($operation), "$name: still on the way");
	is(recorded($name) =~ s/ .*//r, 'third', "$name: another session makes it anew");
	$case->{next}->($name) if $case->{next};
	is(outcomes($name), $case->{outcomes}, "$name: the requests");
	arrived($watch, $operation, $case->{refused});
	is(in_glue($name), $case->{left}, "$name: left");
	is(recorded($name), $case->{left}, "$name: and recorded");
	is(owner($name), $case->{owner}, "$name: owner");
}

# Tags that nobody may read.
my $name = 'tagged, not readable';
$session->must(insert('source', $name, Description => 'first'));
outcomes($name);
my $watch = lose_worker('TagResource', $name, change('source', $name, q{tags = '{"second": ""}'}));
make_anew($name);
$glue->misbehave(operation => 'GetTags', kind => 'error', code => 'AccessDeniedException', message => 'no', times => 0);
outcomes($name);
$glue->behave;
arrived($watch, 'TagResource');
is(in_glue($name), 'third second third', "$name: left");
is(recorded($name), 'third unknown', "$name: and not known");

# An answer is lost, and the tags are set again: the request stays open, so nothing of
# the next row comes in between.
$name = 'tagged again';
$session->must(insert('source', $name, Description => 'first'));
outcomes($name);
$watch = $cluster->watch;
$glue->misbehave(operation => 'TagResource', kind => 'slow', arrives_ms => 1700, times => 1);
$session->must(change('source', $name, q{tags = '{"second": ""}'}) . '; ' . delete_row('source', $name) . '; '
	  . 'INSERT INTO source VALUES (' . input_sql($name, Description => 'third') . q{, '{"third": ""}')});
is(outcomes($name), 'Create succeeded, Update succeeded, Delete succeeded, Create succeeded', "$name: the requests");
arrived($watch, 'TagResource');
is(in_glue($name), 'third third', "$name: left");
is(recorded($name), 'third third', "$name: and recorded");

$session->quit;
$cluster->node->stop;
$glue->stop;
done_testing();
