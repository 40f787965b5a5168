# Copyright (c) 2026, glue_conn contributors
#
# A row's requests are carried out in order, even if the row, or the worker, is
# gone: a name is not free for others while any of them may still take effect.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::LocalGlue;
use GlueConn::Queue;
use GlueConn::Ways;
use Test::More;

# A sender waits for a shorter time than the late message takes.
my $cluster = GlueConn::Cluster->start(conf => <<'CONF');
glue_conn.settle_time = '2s'
glue_conn.request_timeout = '1500ms'
CONF
my $glue = $cluster->glue;
my $session = $cluster->session;
my $late_ms = 1000;

sub make_table
{
	my ($name, @arguments) = @_;

	$session->must("CREATE TABLE $name (id int GENERATED ALWAYS AS IDENTITY,"
		  . ' connection_input jsonb); ' . trigger_sql($name, @arguments));
	return;
}

sub insert
{
	my ($table, @input) = @_;

	return "INSERT INTO $table (connection_input) VALUES (" . input_sql(@input) . ')';
}

sub update
{
	my ($table, @input) = @_;

	return "UPDATE $table SET connection_input = " . input_sql(@input)
	  . " WHERE connection_input->>'Name' = " . literal($input[0]);
}

sub delete_row
{
	my ($table, $name) = @_;

	return "DELETE FROM $table WHERE connection_input->>'Name' = " . literal($name);
}

sub open_requests
{
	return $session->must('SELECT count(*) FROM glue_request WHERE finished_at IS NULL')->output;
}

# Carry out all that was asked for, however long it takes.
sub work_all
{
	wait_until(sub { work_on_all($session); return open_requests() eq '0' }, 'all is carried out');
	return;
}

# The outcomes of the requests since the last call.
my $seen = 0;

sub outcomes
{
	work_all();
	my $outcomes = $session->must(
		q{SELECT string_agg(concat_ws(' ', left(operation, 6), state, error_code), ', ' ORDER BY id)
			FROM glue_request WHERE id > } . $seen)->output;
	$seen = $session->must('SELECT coalesce(max(id), 0) FROM glue_request')->output;
	return $outcomes;
}

sub entries
{
	my ($name) = @_;

	return $session->must('SELECT count(*) FROM glue_provision WHERE name = ' . literal($name))->output;
}

sub owner
{
	my ($name) = @_;

	return $session->must('SELECT string_agg(relation::regclass::text, $$ $$) FROM glue_provision'
		  . ' WHERE owned AND name = ' . literal($name))->output;
}

# A worker has sent a call, which is late, and is gone.
sub lose_worker
{
	my ($operation, $name, $sql) = @_;
	my $worker = $cluster->session;
	my $watch = $cluster->watch;

	$glue->misbehave(operation => $operation, name => $name, kind => 'slow',
		arrives_ms => $late_ms, times => 1);
	$session->must($sql);
	$worker->send('CALL glue_process_requests()');
	wait_until(sub { $watch->sent($operation) }, "$operation has left");
	$session->must('SELECT pg_terminate_backend(' . $worker->pid . ')');
	is($worker->result->sqlstate, '57P01', 'the worker is gone');
	$worker->quit;
	is($watch->processed($operation), 0, "$operation is on the way");
	return $watch;
}

make_table('source');
make_table('updating', 'on_conflict=update');
make_table('adopting', 'on_conflict=adopt');
make_table('keeping', 'on_delete=keep');

#
# Names that are released while something is to be done
#

$session->must(insert('keeping', 'kept') . '; ' . delete_row('keeping', 'kept'));
is(entries('kept'), 1, 'a row that keeps a connection not made yet');
is(outcomes(), 'Create succeeded, Releas succeeded', 'it is made, and kept');
isnt($glue->connection('kept'), undef, 'it stays');
is(entries('kept'), 0, 'it has no owner');

$session->must(insert('source', 'released'));
is($session->must("SELECT glue_release_connection('source', 'released')")->output, 't',
	'a name is released by hand before it is used');
is(entries('released'), 1, 'its entry stays until then');
$session->must(insert('adopting', 'released'));
is(outcomes(), 'Create succeeded, Releas succeeded, Create succeeded', 'each in its turn');
is(owner('released'), 'adopting', 'the next row can have it');
is(entries('released'), 1, 'and nobody else');
$session->must("SELECT glue_release_connection('adopting', 'released')");
is(outcomes(), '', 'without anything to be done, that is all');
is(entries('released'), 0, 'at once');

$session->must(insert('keeping', 'truncated') . '; CREATE TRIGGER provision_truncate AFTER TRUNCATE'
	  . ' ON keeping FOR EACH STATEMENT EXECUTE FUNCTION glue_provision_connection($$on_delete=keep$$);'
	  . ' TRUNCATE keeping');
is(outcomes(), 'Create succeeded, Releas succeeded', 'the same by TRUNCATE');
is(entries('truncated'), 0, 'it has no owner');

# Without the claim, nothing is done.
$session->must(insert('updating', 'not ours', Description => 'first'));
outcomes();
my $other = $cluster->session;
$other->must('BEGIN; ' . update('updating', 'not ours', Description => 'second'));
is($session->must("SELECT glue_release_connection('updating', 'not ours')")->output, 't',
	'a name is released while its row is updated');
$other->must('COMMIT');
$other->quit;
is(outcomes(), 'Update failed NotOurs', 'the update does nothing');
is($glue->connection('not ours')->{definition}{Description}, 'first', 'to a connection without an owner');
$session->must(update('updating', 'not ours', Description => 'third'));
is(outcomes(), 'Update succeeded', 'another one takes it');
is(owner('not ours'), 'updating', 'and owns it');

$glue->misbehave(operation => 'CreateConnection', kind => 'error',
	code => 'InvalidInputException', message => 'no', times => 1);
$session->must(insert('source', 'too late'));
outcomes();
my $create = $seen;
$session->must(delete_row('source', 'too late'));
outcomes();
$session->must("SELECT glue_retry_request($create)");
work_all();
is(state_of($session, $create, 'error_code'), 'failed|NotOurs',
	'a failed request is not carried out after its row is gone');
is($glue->created('too late'), 0, 'so nothing is made without an owner');

#
# A late message does not affect the next connection of that name
#

$session->must(insert('source', 'deleted'));
outcomes();
my $watch = lose_worker('DeleteConnection', 'deleted', delete_row('source', 'deleted'));
$session->must(insert('source', 'deleted'));
work($session);
is($watch->sent('DeleteConnection'), 1, 'a deletion is not made again at once');
like($session->must("SELECT error_message FROM glue_request WHERE id = $seen + 1")->output,
	qr/may still arrive/, 'its request says why');
is(outcomes(), 'Delete succeeded, Create succeeded', 'all is done');
wait_until(sub { $watch->processed('DeleteConnection') == $watch->sent('DeleteConnection') }, 'it has arrived');
isnt($glue->connection('deleted'), undef, 'the next connection is there');
is(owner('deleted'), 'source', 'and owned');

# Nor if the row owns nothing any more by then.
$session->must(insert('source', 'disowned'));
outcomes();
$watch = lose_worker('DeleteConnection', 'disowned', delete_row('source', 'disowned'));
$session->must("SELECT glue_delete_connection('disowned'); " . insert('source', 'disowned'));
is(outcomes(), 'Delete succeeded, Create succeeded', 'a call has deleted it meanwhile');
wait_until(sub { $watch->processed('DeleteConnection') == $watch->sent('DeleteConnection') }, 'it has arrived');
isnt($glue->connection('disowned'), undef, 'the next connection is there');

$session->must(insert('source', 'updated', Description => 'first'));
outcomes();
$watch = lose_worker('UpdateConnection', 'updated', update('source', 'updated', Description => 'second'));
$session->must(delete_row('source', 'updated') . '; ' . insert('source', 'updated', Description => 'third'));
is(outcomes(), 'Update succeeded, Delete succeeded, Create succeeded', 'the same with an update');
wait_until(sub { $watch->processed('UpdateConnection') == $watch->sent('UpdateConnection') }, 'it has arrived');
is($glue->connection('updated')->{definition}{Description}, 'third', 'the next one is as it was made');

# A creation is looked for, and tried again at once; but its connection is not deleted
# before the first one has arrived.
$watch = lose_worker('CreateConnection', 'created', insert('source', 'created'));
work($session);
is(state_of($session, $seen + 1), 'succeeded', 'a creation is tried again');
is($watch->processed('CreateConnection'), 1, 'before the first one has arrived');
$session->must(delete_row('source', 'created'));
is(outcomes(), 'Create succeeded, Delete succeeded', 'and the connection is deleted');
wait_until(sub { $watch->processed('CreateConnection') == 2 }, 'it has arrived');
is($glue->connection('created'), undef, 'nothing is left without an owner');

# An answer is lost, and the deletion is made again.
$session->must(insert('source', 'lost'));
outcomes();
$watch = $cluster->watch;
$glue->misbehave(operation => 'DeleteConnection', name => 'lost', kind => 'slow',
	arrives_ms => 1700, times => 1);
$session->must(delete_row('source', 'lost') . '; ' . insert('source', 'lost'));
is(outcomes(), 'Delete succeeded, Create succeeded', 'a deletion whose answer was lost');
cmp_ok($watch->sent('DeleteConnection'), '>=', 2, 'was sent again');
wait_until(sub { $watch->processed('DeleteConnection') == $watch->sent('DeleteConnection') }, 'it has arrived');
isnt($glue->connection('lost'), undef, 'the next connection is there');

# One that was asked for before, and is repeated by hand, does not come in between.
$glue->misbehave(operation => 'DeleteConnection', kind => 'error',
	code => 'AccessDeniedException', message => 'no', times => 1);
$session->must(insert('source', 'repeated'));
outcomes();
$session->must(delete_row('source', 'repeated'));
like(outcomes(), qr/^Delete failed AccessDenied/, 'a deletion that fails');
my $deletion = $seen;
$session->must(insert('adopting', 'repeated'));
is(outcomes(), 'Create succeeded', 'the next row adopts a released connection');
is(owner('repeated'), 'adopting', 'and owns it');
lose_worker('UpdateConnection', 'repeated', update('adopting', 'repeated', Description => 'second'));
$session->must("SELECT glue_retry_request($deletion)");
work($session);
is(state_of($session, $deletion), 'queued', 'repeated while something may yet arrive');
work_all();
is(state_of($session, $deletion), 'succeeded', 'it has nothing to do any more');
is(owner('repeated'), 'adopting', 'and takes nothing away');
isnt($glue->connection('repeated'), undef, 'from the row that has adopted it');

#
# glue_adopt_rows() for rows that the trigger has not seen
#

sub adopt_rows
{
	my ($table) = @_;

	return $session->must("SELECT string_agg(name || ' is ' || outcome, '; ' ORDER BY name, outcome)"
		  . ' FROM glue_adopt_rows(' . literal($table) . ')')->output;
}

# A row that is gone has a request for a connection that another one adopts.
$session->must(insert('source', 'passed on'));
outcomes();
make_table('heirs');
$session->must('ALTER TABLE heirs DISABLE TRIGGER provision; ' . insert('heirs', 'passed on')
	  . '; ALTER TABLE heirs ENABLE TRIGGER provision; ' . delete_row('source', 'passed on'));
is(adopt_rows('heirs'), 'passed on is pending: an earlier request for it has not ended',
	'a connection is not adopted before its deletion');
is(entries('passed on'), 1, 'nor is its name claimed');
is(outcomes(), 'Delete succeeded', 'it is deleted');
is(adopt_rows('heirs'), 'passed on is missing', 'then there is none');
is(entries('passed on'), 0, 'and its name is free');

# Its deletion has failed.
$session->must(insert('source', 'given up'));
outcomes();
$glue->misbehave(operation => 'DeleteConnection', kind => 'error',
	code => 'AccessDeniedException', message => 'no', times => 1);
$session->must(delete_row('source', 'given up'));
like(outcomes(), qr/^Delete failed AccessDenied/, 'a deletion that fails');
$deletion = $seen;
$session->must('TRUNCATE heirs; ALTER TABLE heirs DISABLE TRIGGER provision; ' . insert('heirs', 'given up')
	  . '; ALTER TABLE heirs ENABLE TRIGGER provision');
is(adopt_rows('heirs'), 'given up is adopted', 'a connection left by a failed deletion can be adopted');
is(owner('given up'), 'heirs', 'and is owned');
$session->must("SELECT glue_retry_request($deletion)");
work_all();
isnt($glue->connection('given up'), undef, 'then it is not deleted any more');

# Another row of the table has the name, or another server's.
$session->must('ALTER TABLE heirs DISABLE TRIGGER provision; ' . insert('heirs', 'given up')
	  . '; ' . insert('heirs', 'two') . '; ' . insert('heirs', 'two')
	  . '; ALTER TABLE heirs ENABLE TRIGGER provision');
is(adopt_rows('heirs'), 'given up is held by another row; given up is owned; '
	  . 'two is held by another row; two is missing', 'two rows of one name');
$session->must(server_sql($_, $glue->access_key, $glue->secret_key,
	options => "region 'us-east-1'", user => 'PUBLIC')) foreach 'one', 'two';
make_table('first', 'server=one');
$session->must(insert('first', 'both') . '; CREATE TABLE second (LIKE first INCLUDING IDENTITY); ' . insert('second', 'both')
	  . '; ' . trigger_sql('second', 'server=two'));
outcomes();
like(adopt_rows('second'), qr/^both is failed: NotOurs: A row of table first owns it/,
	'a connection that another row owns, by another server');
is(owner('both'), 'first', 'is still its own');
is(entries('both'), 1, 'and has no other claim');

# A condition, more than one trigger, and many rows.
$glue->put_connection(input => referring("many $_")) foreach 1 .. 40;
$session->must('CREATE TABLE many (id int, connection_input jsonb);'
	  . ' INSERT INTO many SELECT n, ' . input_sql('many') . q{ || jsonb_build_object('Name', 'many ' || n)}
	  . ' FROM generate_series(1, 40) n;'
	  . ' CREATE TRIGGER come AFTER INSERT ON many FOR EACH ROW'
	  . ' WHEN (NEW.id % 2 = 0 AND NEW.connection_input IS NOT NULL)'
	  . ' EXECUTE FUNCTION glue_provision_connection();'
	  . ' CREATE TRIGGER go AFTER DELETE ON many FOR EACH ROW'
	  . ' WHEN (OLD.id % 2 = 0) EXECUTE FUNCTION glue_provision_connection()');
$watch = $cluster->watch;
$glue->misbehave(operation => 'GetConnection', kind => 'slow', delay_ms => 100, times => 0);
is($session->must(q{SELECT count(*), string_agg(DISTINCT outcome, ' '), sum(substr(name, 6)::int % 2)
	FROM glue_adopt_rows('many')})->output, '20|adopted|0', 'the rows that the trigger would have seen come');
cmp_ok($watch->connections, '>', 1, 'are read side by side');
$glue->behave;
is($session->must("SELECT count(*) FROM glue_provision WHERE owned AND relation = 'many'::regclass")->output,
	20, 'and own the existing connections');

$session->quit;
$cluster->finish;
done_testing();
