# Copyright (c) 2026, glue_conn contributors
#
# AWS Glue's reason for a status may quote a secret of the definition, in any
# form.  The secret does not get into the tables of this database, in any way
# of recording.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use Test::More;

my $secret = 'Hunter-Two';
my $cluster = GlueConn::Cluster->start(preload => 1, secret_key => 1);
my $glue = $cluster->glue;
my $session = $cluster->session;
my $key = $cluster->node->data_dir . '/../secret.key';

sub input
{
	my ($name) = @_;

	return jdbc($name, ConnectionProperties => {
		JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', USERNAME => 'u',
		PASSWORD => $secret });
}

# The next create or update fails after a while, and AWS Glue says why.
sub will_fail
{
	my ($operation) = @_;

	$glue->misbehave(operation => $operation, kind => 'in-progress', reads => 0,
		outcome => 'FAILED', reason => "u has no $secret there");
	return;
}

sub request_of
{
	my ($name) = @_;

	return $session->must('SELECT max(id) FROM glue_request WHERE connection_name = '
		  . literal($name))->output;
}

sub column
{
	my ($id, $column) = @_;

	return $session->must("SELECT $column FROM glue_request WHERE id = $id")->output;
}

# No table has the secret; the reason of a connection, and the error of a request.
sub check
{
	my ($what, $name, $reason, $error) = @_;

	foreach my $table (qw(glue_connection glue_request))
	{
		is($session->must("SELECT count(*) FROM $table t WHERE t::text LIKE '%$secret%'")
			  ->output, 0, "$what: $table has no secret");
	}
	is($cluster->row($name)->{status_reason}, $reason, "$what: the reason")
	  if $cluster->row($name);
	is(column(request_of($name), 'error_message'), $error, "$what: the error")
	  if defined $error;
	return;
}

my $hidden = 'u has no ******** there';

make_source($session);

# Immediate calls.
$session->must(create_sql(input('updated')));
will_fail('UpdateConnection');
$session->must(update_sql(input('updated')));
check('update by call', 'updated', $hidden);
will_fail('UpdateConnection');
$session->must(create_by('bulk', input('updated'), on_conflict => 'update'));
check('update by bulk', 'updated', $hidden);

# Queued requests: read after the update, or polled after the create.
will_fail('UpdateConnection');
my $id = enqueue_update($session, input('updated'));
is(end_of($session, $id), 'failed', 'update by queue');
check('update by queue', 'updated', $hidden, $hidden);

will_fail('CreateConnection');
$id = enqueue($session, input('queued'));
is(end_of($session, $id), 'failed', 'create by queue');
check('create by queue', 'queued', $hidden, $hidden);

will_fail('CreateConnection');
$session->must(row_sql(input('row')));
$id = request_of('row');
is(end_of($session, $id), 'failed', 'create by trigger');
check('create by trigger', 'row', $hidden, $hidden);

# Answers that are stored because they cannot be recorded.
will_fail('UpdateConnection');
$session->must("ALTER TABLE glue_connection ADD CONSTRAINT obstacle CHECK (status <> 'FAILED') NOT VALID");
$session->must(create_sql(input('kept')));
$id = enqueue_update($session, input('kept'));
wait_until(sub { column($id, 'answer IS NOT NULL') eq 't' }, 'the answer is kept');
like(column($id, 'answer'), qr/\Q$hidden\E/, 'an answer that is kept: with the reason');
check('an answer that is kept', 'kept', undef);
$session->must('ALTER TABLE glue_connection DROP CONSTRAINT obstacle');

# Without the secrets, a quotation of them cannot be detected.
will_fail('CreateConnection');
$session->must('SET glue_conn.on_rollback = keep');
$session->must('BEGIN');
$session->must(create_sql(input('rolled back')));
$session->must('ROLLBACK');
$id = request_of('rolled back');
is(end_of($session, $id), 'rolled_back', 'undo');
is($cluster->row('rolled back')->{status}, 'FAILED', 'undo: the status');
check('undo', 'rolled back', undef);

$session->must('ALTER SYSTEM SET glue_conn.worker = off');
$session->quit;
$cluster->in_environment(sub { $cluster->node->restart });
$session = $cluster->session;
will_fail('CreateConnection');
$id = enqueue($session, input('keyless'));
$session->must('CALL glue_process_requests(1)');
is(column($id, 'status'), 'IN_PROGRESS', 'a connection is in progress');
unlink $key or die "could not remove $key: $!\n";
wait_until(sub {
	work($session);
	return column($id, 'state') ne 'queued';
}, 'it is looked at without the key');
check('poll without the key', 'keyless', undef, 'AWS Glue gives no reason that can be shown.');

$cluster->finish;
done_testing();
