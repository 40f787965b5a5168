# Copyright (c) 2026, glue_conn contributors
#
# Requests that hold secrets: they wait for a key that is missing, and lose
# nothing.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use PostgreSQL::Test::Utils;
use Test::More;

my $directory = PostgreSQL::Test::Utils::tempdir();
my $file = "$directory/key";
my @keys = map { "$_\n" } map { $_ x 64 } qw(1 2 3);

my $cluster = GlueConn::Cluster->start(conf => "glue_conn.secret_key_file = '$file'\n");
my $glue = $cluster->glue;
my $session = $cluster->session;

sub write_keys
{
	unlink $file;
	append_to_file($file, join '', @_);
	chmod 0600, $file or die "could not chmod $file: $!\n";
	return;
}

sub secret_input
{
	my ($name, %members) = @_;

	return jdbc($name,
		ConnectionProperties => {
			JDBC_CONNECTION_URL => 'jdbc:mysql://h/d',
			USERNAME => 'u',
			PASSWORD => "p\x{e4}ss of $name"
		},
		%members);
}

# Whether a request has sealed secrets.
my $sealed = 'EXISTS (SELECT FROM glue_request_secret s WHERE s.request = id)';

# Look at a request, after working the queue.
sub worked
{
	my ($id, @columns) = @_;

	work_on_all($session);
	return state_of($session, $id, @columns);
}

sub has_password
{
	my ($name) = @_;

	return is($glue->connection($name)->{definition}{ConnectionProperties}{PASSWORD},
		"p\x{e4}ss of $name", 'with its password');
}

#
# With a key
#

write_keys($keys[0]);
my $id = enqueue($session, secret_input('a'));
is($session->must("SELECT has_secrets, $sealed FROM glue_request"
	  . " WHERE id = $id")->output, 't|t', 'secrets are sealed');
is($session->must("SELECT input->'ConnectionProperties'->>'PASSWORD' FROM glue_request"
	  . " WHERE id = $id")->output, '********', 'and disclosed by nothing');
is(worked($id, 'has_secrets', $sealed), 'succeeded|t|f', 'and erased in the end');
has_password('a');
is($cluster->row('a')->{connection_properties}{PASSWORD}, '********', 'which is not recorded');
isnt($cluster->row('a')->{secret_digest}, undef, 'but its digest is');
my $again = enqueue($session, secret_input('a'), on_conflict => 'adopt');
is(worked($again), 'succeeded', 'so that it is known again');
my $another = secret_input('a');
$another->{ConnectionProperties}{PASSWORD} = 'another';
$again = enqueue($session, $another, on_conflict => 'adopt');
is(worked($again, 'error_code'), 'failed|AlreadyExistsException', 'and distinguished from another');

$id = enqueue_update($session, secret_input('a', Description => 'new'));
is(worked($id, $sealed), 'succeeded|f', 'an update');
is($glue->connection('a')->{definition}{Description}, 'new', 'is made');
has_password('a');

#
# Without it
#

$id = enqueue($session, secret_input('b'));
unlink $file;
like(worked($id, qw(attempts error_code error_message)),
	qr/^queued\|0\|no secret key\|secret key file .* cannot be used: .*no such file/is,
	'a request whose key is missing waits, and says why');
is($session->must("SELECT next_attempt_at > now() AND $sealed"
	  . " FROM glue_request WHERE id = $id")->output, 't', 'for another look');
is($glue->connection('b'), undef, 'nothing is sent');
write_keys($keys[1]);
like(worked($id, qw(attempts error_code error_message)),
	qr/^queued\|0\|no secret key\|.*sealed with a key that is not in/, 'or another key is there');
my $other = enqueue($session, secret_input('c'));
is(worked($other), 'succeeded', 'others continue');
write_keys(@keys[ 1, 0 ]);
is(worked($id, qw(attempts error_code)), 'succeeded|1|', 'it continues when the key is back');
has_password('b');
has_password('c');

#
# Secrets that cannot be opened any more
#

$id = enqueue($session, secret_input('d'));
$session->must("UPDATE glue_request SET region = 'us-west-2' WHERE id = $id");
is(worked($id, qw(attempts error_code), $sealed),
	'failed|1|sealed secrets broken|f', 'secrets of a request that was altered stay closed');
my $refused = $session->query("SELECT glue_retry_request($id)");
is($refused->sqlstate, '55000', 'and it cannot be retried');
like($refused->detail, qr/erased/, 'because they are gone');
$id = enqueue($session, secret_input('e'));
is($session->must("SELECT glue_cancel_request($id)")->output, 'cancelled', 'a request is cancelled');
is($session->must("SELECT $sealed FROM glue_request WHERE id = $id")->output,
	'f', 'and its secrets erased');

# A connection in progress is looked at without them.
$id = enqueue($session, secret_input('f', Description => 'local_glue: in-progress ready-after-reads=1'));
is(worked($id, 'status'), 'queued|IN_PROGRESS', 'a connection in progress');
unlink $file;
wait_until(sub { worked($id) eq 'succeeded' }, 'it is ready');
is(worked($id, 'status', $sealed), 'succeeded|READY|f', 'needs no key any more');

#
# Rows
#

write_keys($keys[2]);
make_source($session);
$session->must(row_sql(secret_input('row')));
$id = $session->must('SELECT max(id) FROM glue_request')->output;
is(worked($id, $sealed), 'succeeded|f', 'a row with a secret');
has_password('row');
unlink $file;
my $result = $session->query('UPDATE source SET connection_input = '
	  . literal(json_text(secret_input('row', Description => 'new'))));
is($result->sqlstate, 'F0000', 'is not changed without a key');
$session->must("UPDATE source SET connection_input = NULL");
$id = $session->must('SELECT max(id) FROM glue_request')->output;
is(worked($id), 'succeeded', 'but its connection can be deleted');
is($glue->connection('row'), undef, 'as it has been');

#
# Requests that somebody removes from the table
#

write_keys($keys[2]);
enqueue($session, secret_input('removed'));
$session->must('TRUNCATE glue_request RESTART IDENTITY');
is($session->must('SELECT count(*) FROM glue_request_secret')->output, '1',
	'secrets are left');
$session->must("SELECT setval('glue_request_id_seq', (SELECT max(request) FROM glue_request_secret), false)");
$id = enqueue($session, secret_input('in its place'));
is(worked($id), 'succeeded', 'and block nothing');

$session->quit;
$cluster->finish;
done_testing();
