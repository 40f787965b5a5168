# Copyright (c) 2026, glue_conn contributors
#
# A warning for a DROP of requests that have not ended, or of rolled-back calls
# that are not undone.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $node = $cluster->node;
my $session = $cluster->session;

# The statement must warn, and say that; it is rolled back.
sub warns
{
	my ($own, $case, $sql, @details) = @_;
	my $result = $own->query("BEGIN; $sql; ROLLBACK");

	is($result->sqlstate, '00000', "$case works");
	is(scalar(() = $result->text =~ /WARNING:  .*requests to AWS Glue that have not ended are dropped/g),
		1, "$case warns once");
	like($result->text, $_, "$case: $_") foreach @details;
	return;
}

sub is_silent
{
	my ($own, $case, $sql) = @_;
	my $result = $own->query("BEGIN; $sql; ROLLBACK");

	is($result->sqlstate, '00000', "$case works");
	unlike($result->text, qr/WARNING/, "$case warns of nothing");
	return;
}

#
# Not preloaded: every statement in a session of its own, which has not loaded
# the library
#

my %statements = (
	'DROP EXTENSION' => 'DROP EXTENSION glue_conn',
	'DROP SCHEMA' => 'DROP SCHEMA apart CASCADE',
	'DROP OWNED' => 'DROP OWNED BY keeper CASCADE');

$session->must(<<'SQL');
DROP EXTENSION glue_conn;
CREATE SCHEMA apart;
CREATE ROLE keeper SUPERUSER;
SET ROLE keeper;
CREATE EXTENSION glue_conn SCHEMA apart;
RESET ROLE;
SET search_path = apart, public;
SQL
is_silent($cluster->session, "nothing queued: $_", $statements{$_})
  foreach sort keys %statements;
enqueue($session, referring("queued$_")) for 1 .. 12;
warns($cluster->session, "not preloaded: $_", $statements{$_},
	qr/DETAIL:  Request 1 \(CreateConnection "queued1"\) is queued\.$/m,
	qr/^Request 10 \(CreateConnection "queued10"\) is queued\.\nThere are 2 more\.$/m)
  foreach sort keys %statements;

# its name was moved out of the table
enqueue($session, referring('name'));
$session->must(<<'SQL');
UPDATE glue_request SET (connection_name, status, error_message) =
  (SELECT string_agg(chr(200000 + i * i % 40009), ''),
          string_agg(md5(i::text), '') FILTER (WHERE i <= 28),
          string_agg(md5((-i)::text), '') FILTER (WHERE i <= 31)
     FROM generate_series(1, 255) i)
  WHERE connection_name = 'name';
DELETE FROM glue_request WHERE connection_name LIKE 'queued%';
SQL
warns($cluster->session, "not in the table: $_", $statements{$_},
	qr/DETAIL:  Request 13 \(CreateConnection "\.\.\."\) is queued\.$/m)
  foreach sort keys %statements;

# the owner of the schema may drop it, but not read it
$session->must('CREATE ROLE builder; ALTER SCHEMA apart OWNER TO builder');
warns($cluster->session, 'the owner of the schema',
	'SET ROLE builder; DROP SCHEMA apart CASCADE', qr/DETAIL:  Their number is 1\.$/m);

is_silent($cluster->session, 'DROP SCHEMA of another',
	'CREATE SCHEMA other; CREATE TABLE other.glue_request (); DROP SCHEMA other CASCADE');
work($session);
is_silent($cluster->session, 'nothing left', 'DROP EXTENSION glue_conn');
$session->quit;

#
# Without the library, everything can be dropped as well
#

$session = $cluster->session;
$session->must("SET search_path = apart; ALTER FUNCTION glue_redact(jsonb) RENAME TO gone");
is($session->query('BEGIN; DROP EXTENSION glue_conn; ROLLBACK')->sqlstate,
	'00000', 'an extension that cannot be loaded can be dropped');
$session->must('ALTER FUNCTION gone(jsonb) RENAME TO glue_redact');
$session->quit;

#
# Preloaded
#

$node->append_conf('postgresql.conf', "shared_preload_libraries = 'glue_conn'");
$cluster->in_environment(sub { $node->restart });
$session = $cluster->session;
$session->must('CREATE DATABASE doomed');
my $doomed = $cluster->session(database => 'doomed');
$doomed->must('CREATE EXTENSION glue_conn');
$glue->misbehave(operation => 'CreateConnection', kind => 'error', code => 'RequestTimeoutException', status => 400, times => 0);
enqueue_put_off($doomed, referring('put off'));
warns($doomed, 'preloaded', 'DROP EXTENSION glue_conn',
	qr/Request 1 \(CreateConnection "put off"\) is queued\./);
$doomed->quit;

sub drop_warns
{
	my ($case, $expected) = @_;
	my $result = $session->query('DROP DATABASE doomed WITH (FORCE)');

	is($result->sqlstate, '00000', "$case can be dropped");
	is(scalar(() = $result->text =~
		/WARNING:  .*database "doomed" may have requests to AWS Glue that have not ended/g),
		$expected, "$case: warnings");
	return;
}

drop_warns('a database with a request', 1);
$glue->behave;
$session->must('CREATE DATABASE doomed');
$doomed = $cluster->session(database => 'doomed');
$doomed->must('CREATE EXTENSION glue_conn');
end_of($doomed, enqueue($doomed, referring('done')));
wait_until(sub { $doomed->must('SELECT count(*) FROM glue_worker_summary'
	. " WHERE kind <> 'launcher'")->output eq '0' }, 'the workers exit');
$doomed->quit;
drop_warns('a database without any', 0);

# a rolled-back call that is not undone
$session->must('SET search_path = apart, public');
$glue->misbehave(operation => 'DeleteConnection', kind => 'error', code => 'RequestTimeoutException', status => 400, times => 0);
$session->query('BEGIN; ' . create_sql(referring('left')) . '; ROLLBACK');
warns($session, 'not undone', 'DROP EXTENSION glue_conn',
	qr/Request \d+ \(CreateConnection "left"\) is not resolved: it acted at once\./);
$glue->behave;

$session->quit;
$cluster->finish;
done_testing();
