# Copyright (c) 2026, glue_conn contributors
#
# One bad row stops no other: a failure to record the outcome of one request,
# or to claim it, affects only that request.
#
# The call is not made again.  Its answer is kept in the row of the request,
# and recorded when that is possible.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, secret_key => 1);
my $glue = $cluster->glue;
my $session = $cluster->session;
my $number = 0;

sub input
{
	my ($name, $database) = @_;

	return jdbc($name, ConnectionProperties => {
		JDBC_CONNECTION_URL => 'jdbc:mysql://h/' . ($database // 'd'),
		USERNAME => 'u', PASSWORD => 'Secret1' });
}

# The messages that the local Glue was sent for a connection.
sub calls_for
{
	my ($name) = @_;

	return join ' ', map { $_->{operation} }
	  grep { $_->{body} =~ /"\Q$name\E"/ } $glue->requests;
}

sub request
{
	my ($id) = @_;

	return json_value($cluster->query('SELECT to_json(r) FROM (SELECT state, status,'
		  . ' attempts, error_code, error_message, aws_request_id IS NOT NULL AS has_request_id,'
		  . ' answer IS NOT NULL AS answered, next_attempt_at > now() AS later'
		  . " FROM glue_request WHERE id = $id) AS r")->output);
}

# Have a request tried now that was put off; it is put off again, or ends.
sub try_again
{
	my ($id) = @_;
	my $attempts = request($id)->{attempts};

	make_due($session, $id);
	enqueue_delete($session, 'nobody', missing_ok => 't');
	wait_until(sub {
		my $request = request($id);

		return $request->{attempts} > $attempts && $request->{state} ne 'running';
	}, "request $id is tried again");
	return;
}

# The table's record of a connection, without the columns that differ between
# two of them.
sub record
{
	my ($name) = @_;

	return $session->must('SELECT to_jsonb(c) - ARRAY['
		  . "'name', 'arn', 'request_id', 'recorded_at', 'creation_time', 'last_updated_time']"
		  . ' FROM glue_connection c WHERE name = ' . literal($name))->output;
}

# Obstacles.  Each prevents connections whose name begins with "bad" from being
# recorded.
my %obstacles = (
	check => {
		code => '23514',
		make => "ALTER TABLE glue_connection ADD CONSTRAINT obstacle CHECK (name NOT LIKE 'bad%')",
		remove => 'ALTER TABLE glue_connection DROP CONSTRAINT obstacle' },
	trigger => {
		code => 'P0001',
		make => 'CREATE TRIGGER obstacle BEFORE INSERT OR UPDATE OR DELETE ON glue_connection'
		  . ' FOR EACH ROW EXECUTE FUNCTION refuse()',
		remove => 'DROP TRIGGER obstacle ON glue_connection' },
	'deferred foreign key' => {
		code => '23503',
		make => 'ALTER TABLE glue_connection ADD CONSTRAINT obstacle FOREIGN KEY (name)'
		  . ' REFERENCES allowed (name) DEFERRABLE INITIALLY DEFERRED',
		remove => 'ALTER TABLE glue_connection DROP CONSTRAINT obstacle' });

$session->must(<<'SQL');
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF coalesce(NEW.name, OLD.name) LIKE 'bad%' THEN
		RAISE 'not this one';
	END IF;
	RETURN coalesce(NEW, OLD);
END $$;
CREATE TABLE allowed (name text PRIMARY KEY);
SQL
make_source($session);

sub ask_by
{
	my ($way, $name) = @_;

	$session->must(create_by($way, input($name)));
	return $session->must('SELECT max(id) FROM glue_request')->output;
}

foreach my $obstacle (sort keys %obstacles)
{
	foreach my $way ('queue', 'trigger')
	{
		my $what = "$obstacle, by $way";
		my ($bad, @good) = map { "$_ " . ++$number } ('bad', ('good') x 5);
		my ($bad_id, @good_ids);

		$session->must("DELETE FROM glue_connection WHERE name LIKE 'bad%'");
		$session->must('INSERT INTO allowed SELECT name FROM glue_connection ON CONFLICT DO NOTHING');
		$session->must("INSERT INTO allowed VALUES ('$_')") foreach @good;
		$session->must($obstacles{$obstacle}{make});
		$session->must('BEGIN');
		push @good_ids, ask_by($way, $_) foreach @good[0 .. 1];
		$bad_id = ask_by($way, $bad);
		push @good_ids, ask_by($way, $_) foreach @good[2 .. 4];
		$session->must('COMMIT');
		is(join(' ', map { end_of($session, $_) } @good_ids), join(' ', ('succeeded') x 5),
			"$what: the others succeed");

		wait_until(sub { request($bad_id)->{answered} }, "$what: the answer is kept");
		my $request = request($bad_id);

		is($request->{state}, 'queued', "$what: it is put off");
		ok($request->{later}, "$what: until later");
		is($request->{error_code}, $obstacles{$obstacle}{code}, "$what: with its error");
		like($request->{error_message}, qr/could not be recorded/, "$what: and the message");
		is($request->{status}, 'READY', "$what: and the status");
		ok($request->{has_request_id}, "$what: and AWS's ID of the request");
		is(record($bad), '', "$what: nothing is recorded");
		is(calls_for($bad), 'CreateConnection', "$what: AWS Glue was called once");

		my $result = $session->query("SELECT glue_cancel_request($bad_id)");

		is($result->sqlstate, '55000', "$what: it cannot be cancelled");
		try_again($bad_id);
		is(request($bad_id)->{state}, 'queued', "$what: it is put off again");
		is(calls_for($bad), 'CreateConnection', "$what: and AWS Glue is not called for that");

		$session->must($obstacles{$obstacle}{remove});
		try_again($bad_id);
		is(end_of($session, $bad_id), 'succeeded', "$what: once it can be recorded, it has succeeded");
		is(calls_for($bad), 'CreateConnection', "$what: without another call");
		is(record($bad), record($good[0]), "$what: and is recorded like the others");
		ok(!request($bad_id)->{answered}, "$what: the answer is not kept any more");
		is($session->must("SELECT count(*) FROM glue_request_secret WHERE request = $bad_id")->output,
			0, "$what: and no secret");
	}
}

#
# A kept answer survives the worker
#

$session->must("DELETE FROM glue_connection WHERE name LIKE 'bad%'");
$session->must($obstacles{trigger}{make});
my $id = enqueue($session, input('bad and killed'));

wait_until(sub { request($id)->{answered} }, 'the answer is kept');
$session->quit;
$cluster->crash;
$cluster->start_node;
$session = $cluster->session;
try_again($id);
ok(request($id)->{answered}, 'after a crash: it is tried, and put off again');
is(calls_for('bad and killed'), 'CreateConnection', 'after a crash: AWS Glue is not called for that');
$session->must($obstacles{trigger}{remove});
try_again($id);
is(end_of($session, $id), 'succeeded', 'after a crash: it is recorded');
is(calls_for('bad and killed'), 'CreateConnection', 'after a crash: without another call');

#
# Updates and deletions
#

my $bad = 'bad and changed';

$session->must(create_sql(input($bad)));
$session->must($obstacles{trigger}{make});
my $before = record($bad);
my $update = enqueue_update($session, input($bad, 'other'));

wait_until(sub { request($update)->{answered} }, 'the answer of an update is kept');
is(record($bad), $before, 'update: the record stays');
my $deletion = enqueue_delete($session, $bad);

is(request($deletion)->{state}, 'queued', 'update: a later request waits');
$session->must($obstacles{trigger}{remove});
try_again($update);
is(end_of($session, $update), 'succeeded', 'update: it is recorded');
is(end_of($session, $deletion), 'succeeded', 'update: and the waiting request is carried out');
is(record($bad), '', 'update: and recorded');
is(calls_for($bad) =~ s/ GetConnection//gr,
	'CreateConnection UpdateConnection DeleteConnection', 'update: each is called once');

$session->must(create_sql(input('bad and gone')));
$session->must($obstacles{trigger}{make});
$deletion = enqueue_delete($session, 'bad and gone');
wait_until(sub { request($deletion)->{answered} }, 'the answer of a deletion is kept');
isnt(record('bad and gone'), '', 'deletion: the record stays');
$session->must($obstacles{trigger}{remove});
try_again($deletion);
is(end_of($session, $deletion), 'succeeded', 'deletion: it has succeeded');
is(record('bad and gone'), '', 'deletion: and is recorded');

# An answer that somebody has emptied is none.
my $empty = $session->must('BEGIN; ' . enqueue_create_sql(input('good and empty')))->output;
$session->must("UPDATE glue_request SET answer = '{}' WHERE id = $empty; COMMIT");
is(end_of($session, $empty), 'succeeded', 'empty: it is carried out');
is(calls_for('good and empty'), 'CreateConnection', 'empty: once');

# A connection that is not ready yet is waited for once it is recorded.
$session->must($obstacles{trigger}{make});
$glue->misbehave(operation => 'CreateConnection', kind => 'in-progress', reads => 1);
my $slow = enqueue($session, input('bad and slow'));

wait_until(sub { request($slow)->{answered} }, 'the answer of a slow creation is kept');
is(request($slow)->{status}, 'IN_PROGRESS', 'in progress: it is known to be');
$session->must($obstacles{trigger}{remove});
$session->must("SELECT glue_retry_request($slow)");
is(end_of($session, $slow), 'succeeded', 'in progress: it is waited for');
is($cluster->row('bad and slow')->{status}, 'READY', 'in progress: and recorded');
is($glue->created('bad and slow'), 1, 'in progress: it is created once');

#
# Later changes are newer than a kept answer
#

# An answer that is kept: of the request that a statement makes.
sub keep_answer
{
	my ($sql) = @_;

	$session->must($obstacles{trigger}{make});
	my $id = $session->must($sql)->output;

	wait_until(sub { request($id)->{answered} }, "the answer is kept: $sql");
	$session->must($obstacles{trigger}{remove});
	return $id;
}

my %stale = map { ($_ => keep_answer(enqueue_create_sql(input($_)))) }
  ('bad and deleted', 'bad and replaced');

$session->must(delete_sql('bad and deleted'));
$session->must(update_sql(input('bad and replaced', 'other')));
my $newer = record('bad and replaced');

try_again($_) foreach values %stale;
is(end_of($session, $stale{$_}), 'succeeded', "$_: it has succeeded") foreach sort keys %stale;
is(record('bad and deleted'), '', 'but a connection deleted since is not recorded');
is(record('bad and replaced'), $newer, 'and one replaced since is recorded as it is');

#
# A call that was not made is not recorded later
#

$glue->put_connection(input => input('bad and taken', 'theirs'));
$session->must('ALTER TABLE glue_request ADD CONSTRAINT obstacle'
	  . " CHECK (connection_name <> 'bad and taken' OR state <> 'failed') NOT VALID");
my $refused = enqueue($session, input('bad and taken'));

wait_until(sub { request($refused)->{answered} }, 'a refusal is kept');
unlike(request($refused)->{error_message}, qr/carried out/, 'refusal: it was not carried out');
$session->must('ALTER TABLE glue_request DROP CONSTRAINT obstacle');
try_again($refused);
is(end_of($session, $refused), 'failed', 'refusal: it has failed');
is(request($refused)->{error_code}, 'AlreadyExistsException', 'refusal: as AWS Glue has said');
is(record('bad and taken'), '', 'refusal: nothing is recorded');

#
# Answers that cannot be recorded any more
#

$session->must("CREATE SERVER gone FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'us-east-1')");
my $gone = keep_answer(enqueue_create_sql(input('bad server'), server => 'gone'));

$session->must('DROP SERVER gone');
try_again($gone);
is(end_of($session, $gone), 'failed', 'server gone: the request has failed');
like(request($gone)->{error_message}, qr/^It was carried out, but cannot be recorded: .*dropped/,
	'server gone: and says that it was carried out');
is(calls_for('bad server'), 'CreateConnection', 'server gone: which is so');

#
# Requests with another target now
#

$session->must("CREATE SERVER moved FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'us-east-1')");
my $moved = keep_answer(enqueue_create_sql(input('bad and moved'), server => 'moved'));

$session->must("ALTER SERVER moved OPTIONS (ADD endpoint_url '"
	  . ($glue->url =~ s/localhost/127.0.0.1/r) . "')");
$session->must("SELECT glue_retry_request($moved)");
wait_until(sub { request($moved)->{error_code} eq 'target changed' }, 'elsewhere: it waits');
$session->must("SELECT glue_retry_request($moved)");
$session->must("SELECT glue_retry_request($moved)");
is(end_of($session, $moved), 'succeeded', 'elsewhere: it is carried out there');
is(calls_for('bad and moved'), 'CreateConnection CreateConnection GetConnection',
	'elsewhere: as a request not sent there yet');

#
# Rolled-back calls whose connections are kept in AWS Glue
#

sub rolled_back_request
{
	my ($name) = @_;

	return $session->must('SELECT id FROM glue_request WHERE connection_name = '
		  . literal($name) . ' AND caller_xid IS NOT NULL')->output;
}

$session->must('SET glue_conn.on_rollback = keep');
$session->must($obstacles{trigger}{make});
foreach my $name ('bad and kept', 'good and kept')
{
	$session->must('BEGIN');
	my $result = $session->query(create_sql(input($name)));

	is($result->sqlstate, $name =~ /bad/ ? 'P0001' : '00000', "$name: by call");
	$session->must('ROLLBACK');
}
my ($kept, $other) = map { rolled_back_request($_) } ('bad and kept', 'good and kept');

is(end_of($session, $other), 'rolled_back', 'rollback: the other one is resolved');
isnt(record('good and kept'), '', 'rollback: and recorded, for it was kept');
wait_until(sub { request($kept)->{answered} }, 'rollback: the outcome is kept');
is(request($kept)->{error_code}, 'P0001', 'rollback: it has its error');
$session->must($obstacles{trigger}{remove});
try_again($kept);
is(end_of($session, $kept), 'rolled_back', 'rollback: it is resolved');
is(request($kept)->{error_code}, request($other)->{error_code}, 'rollback: as the other one is');
is(record('bad and kept'), record('good and kept'), 'rollback: and recorded likewise');
is(calls_for('bad and kept') =~ s/ GetConnection//gr, 'CreateConnection',
	'rollback: AWS Glue was called once');

#
# A procedure continues as well, and leaves the session intact
#

$session->quit;
$cluster->node->append_conf('postgresql.conf', 'glue_conn.worker = off');
$cluster->in_environment(sub { $cluster->node->restart });
$session = $cluster->session;
$session->must("DELETE FROM glue_connection WHERE name LIKE 'bad%'");
$session->must($obstacles{check}{make});
my @ids = map { enqueue($session, input($_)) }
  ('bad procedure', 'good procedure');

work($session);
ok(request($ids[0])->{answered}, 'procedure: the answer is kept');
is(request($ids[1])->{state}, 'succeeded', 'procedure: the other one succeeds');
is($session->must('SELECT 1')->output, 1, 'procedure: the session is intact');
$session->must($obstacles{check}{remove});
make_due($session, $ids[0]);
work($session);
is(request($ids[0])->{state}, 'succeeded', 'procedure: the next one records it');
is(calls_for('bad procedure'), 'CreateConnection', 'procedure: without another call');

# A request with a locked row goes back into the queue, with its answer.
$session->must("DELETE FROM glue_connection WHERE name LIKE 'bad%'");
$session->must($obstacles{check}{make});
my $locked = enqueue($session, input('bad and locked'));

work($session);
$session->must($obstacles{check}{remove});
my $other_session = $cluster->session;

$other_session->must('BEGIN; ' . update_sql(input('bad and locked')));
make_due($session, $locked);
$session->must("SET statement_timeout = '60s'");
work($session);
is(request($locked)->{state}, 'queued', 'locked: it waits');
ok(request($locked)->{answered}, 'locked: with its answer');
$other_session->must('COMMIT');
$other_session->quit;
make_due($session, $locked);
work($session);
is(request($locked)->{state}, 'succeeded', 'locked: it is resolved once it can be');

#
# Requests that cannot be claimed
#

@ids = map { enqueue($session, input($_)) }
  ('good claim', 'bad claim', 'another good claim');
$session->must('ALTER TABLE glue_request ADD CONSTRAINT obstacle'
	  . " CHECK (connection_name <> 'bad claim' OR state <> 'running') NOT VALID");
work($session);
is(join(' ', map { request($_)->{state} } @ids), 'succeeded queued succeeded',
	'claim: the others are carried out');
is(request($ids[1])->{error_code}, '23514', 'claim: the bad one has its error');
ok(request($ids[1])->{later}, 'claim: and is put off');
is(calls_for('bad claim'), '', 'claim: nothing is sent for it');
$session->must('ALTER TABLE glue_request DROP CONSTRAINT obstacle');
$session->must('ALTER TABLE glue_request ADD CONSTRAINT obstacle'
	  . " CHECK (connection_name <> 'bad claim' OR attempts < 2) NOT VALID");
make_due($session, $ids[1]);
my $log = -s $cluster->node->logfile;

push @ids, enqueue($session, input('last claim'));
work($session);
is(request($ids[3])->{state}, 'succeeded', 'claim: not even the error can be written: the others continue');
like(slurp_file($cluster->node->logfile, $log),
	qr/could not update request $ids[1]/, 'claim: and the log says so');
$session->must('ALTER TABLE glue_request DROP CONSTRAINT obstacle');

$cluster->finish;
done_testing();
