# Copyright (c) 2026, glue_conn contributors
#
# That a name is taken does not mean that somebody else has it.
#
# A proxy may send a message twice, and pass on the answer to the second; and a
# server may have forgotten that it has sent one.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use Test::More;

my $cluster = GlueConn::Cluster->start(secret_key => 1);
my $glue = $cluster->glue;
my $session = $cluster->session;

make_source($session);

# The same as a proxy does that sends a message twice.
sub send_twice
{
	$glue->misbehave(operation => 'CreateConnection', kind => 'error',
		processed => \1, status => 400, code => 'AlreadyExistsException',
		message => 'Connection already exists.', @_);
	return;
}

# Put a connection in so many seconds ago.
sub put_ago
{
	my ($seconds, $input) = @_;

	$glue->put_connection(input => $input, created => time - $seconds);
	return;
}

#
# Ours
#

my $secrets = { JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', USERNAME => 'u',
	PASSWORD => 'correct horse' };
foreach my $on_conflict (qw(error adopt update))
{
	my $name = "twice $on_conflict";

	send_twice();
	my $watch = $cluster->watch;
	my $id = enqueue($session, jdbc($name, ConnectionProperties => $secrets),
		tags => { team => 'a' }, on_conflict => $on_conflict);
	work($session);
	is(state_of($session, $id, qw(status error_code attempts)), 'succeeded|READY||1',
		"$name: it is ours");
	is(join(' ', map { $watch->sent($_) } qw(CreateConnection GetConnection
			UpdateConnection TagResource GetTags)), '1 1 0 0 0',
		"$name: by one read");
	my $row = $cluster->row($name) // {};
	is($row->{status}, 'READY', "$name: it is recorded");
	is_deeply($row->{tags}, { team => 'a' }, "$name: with its tags");
	ok(defined $row->{secret_digest}, "$name: and the digest of its secrets");
}

send_twice();
$session->must(row_sql(jdbc('row')));
work($session);
is($session->must('SELECT state, error_code FROM glue_request'
	  . q( WHERE connection_name = 'row'))->output, 'succeeded|', 'a row: it is ours');
is(($cluster->row('row') // {})->{status}, 'READY', 'a row: it is recorded');
$session->must('DELETE FROM source');
work($session);
is($glue->connection('row'), undef, 'a row: they are deleted together');

#
# Somebody else's
#

my $id = enqueue($session, jdbc('other', Description => 'ours'));
put_ago(0, jdbc('other', Description => 'theirs'));
work($session);
is(state_of($session, $id, qw(error_code attempts)), 'failed|AlreadyExistsException|1',
	'another definition');
like(state_of($session, $id, 'error_message'),
	qr/AlreadyExistsException: .*request ID .* is not this request's: \$\.Description /s,
	'another definition: the error of AWS, and the difference');
is($cluster->row('other'), undef, 'another definition: it is not recorded');
is($glue->connection('other')->{definition}{Description}, 'theirs',
	'another definition: it is left alone');

put_ago(60, jdbc('older'));
$id = enqueue($session, jdbc('older'));
work($session);
like(state_of($session, $id, 'error_code', 'error_message'),
	qr/^failed\|AlreadyExistsException\|.*It was created before the request was sent/s,
	'one that is older than the request');
is($cluster->row('older'), undef, 'one that is older: it is not recorded');

# Two requests that ask for the same, of which one can have made it.
my @ids = map { enqueue($session, jdbc('same')) } 1 .. 2;
work($session);
is(state_of($session, $ids[0]), 'succeeded', 'the first of two that are the same');
like(state_of($session, $ids[1], 'error_code', 'error_message'),
	qr/^failed\|AlreadyExistsException\|.*It was recorded before/s, 'not the second');

#
# Forgotten
#

# An attempt of long ago that is lost, as it looks after a failover.
sub forgotten
{
	my ($name) = @_;
	my $made = enqueue($session, jdbc($name, ConnectionProperties => $secrets));

	$session->must("UPDATE glue_request SET requested_at = now() - interval '90 s'"
		  . " WHERE id = $made");
	put_ago(60, jdbc($name, ConnectionProperties => $secrets));
	return $made;
}

$id = forgotten('forgotten');
work($session);
is(state_of($session, $id, 'error_code'), 'succeeded|', 'an attempt that is forgotten');
my $row = $cluster->row('forgotten') // {};
is($row->{status}, 'READY', 'an attempt that is forgotten: it is recorded');
is($row->{secret_digest}, undef,
	'an attempt that is forgotten: its secrets are unknown');

$id = forgotten('known');
$session->must("SELECT * FROM glue_sync_connections()");
work($session);
is(state_of($session, $id, 'error_code'), 'failed|AlreadyExistsException',
	'a connection that was known already is not ours');

#
# Inconclusive cases
#

send_twice();
$glue->misbehave(operation => 'GetConnection', kind => 'error',
	code => 'RequestTimeoutException', status => 400, times => 0);
$id = enqueue($session, jdbc('unseen'));
work($session);
is(state_of($session, $id, 'error_code'), 'queued|RequestTimeoutException',
	'one that cannot be read now');
$glue->behave;
make_due($session, $id);
work($session);
is(state_of($session, $id), 'succeeded', 'is read the next time');
is($glue->created('unseen'), 1, 'and not made again');

$glue->misbehave(operation => 'GetConnection', kind => 'error',
	status => 400, code => 'AccessDeniedException', message => 'no');
send_twice();
$id = enqueue($session, jdbc('forbidden'));
work($session);
like(state_of($session, $id, 'error_code', 'error_message'),
	qr/^failed\|AlreadyExistsException\|.*could not be read/s,
	'one that must not be read');

send_twice(processed => \0);
$id = enqueue($session, jdbc('gone'));
work($session);
is(state_of($session, $id, 'error_code'), 'queued|AlreadyExistsException', 'one that is gone');
make_due($session, $id);
work($session);
is(state_of($session, $id), 'succeeded', 'blocks nothing the next time');

$session->quit;
$cluster->finish;
done_testing();
