# Copyright (c) 2026, glue_conn contributors
#
# Credentials that are refused or cannot be read, and errors while the queue is
# worked.
#
# IAM takes a moment to know what was changed in it, and an administrator mends
# files and keys.  So a request waits for all that, and costs itself no attempt.
# Who calls by hand is told where to look.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $home = PostgreSQL::Test::Utils::tempdir();
my $config = "$home/.aws/config";
my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session;

# The queue is worked by hand, and what waits is due at once.
sub work
{
	$session->must('UPDATE glue_request SET next_attempt_at = now()'
		  . " WHERE state = 'queued'");
	return $session->query('CALL glue_process_requests()');
}

sub input
{
	my ($name) = @_;

	return jdbc($name, ConnectionProperties => {
		JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', SECRET_ID => 's' });
}

sub enqueue
{
	my ($name, %arguments) = @_;

	return $session->must(enqueue_create_sql(input($name), %arguments))->output;
}

# What has become of a request
sub state_of
{
	my ($id) = @_;

	return $session->must('SELECT state, error_code, attempts FROM glue_request'
		  . " WHERE id = $id")->output;
}

# Start the server anew with these variables, and no credentials kept.
sub anew
{
	my (%variables) = @_;

	$cluster->restart(HOME => $home, %variables);
	return $session = $cluster->session;
}

sub role { return "arn:aws:iam::200000000000:role/$_[0]"; }

# A server, and a mapping with the keys of a caller
sub create_server
{
	my ($server, $user, $key, $secret, $options) = @_;

	return "CREATE SERVER $server FOREIGN DATA WRAPPER glue_conn"
	  . ($options ? " OPTIONS ($options)" : '') . ';'
	  . " CREATE USER MAPPING FOR $user SERVER $server OPTIONS (access_key_id "
	  . literal($key) . ', secret_access_key ' . literal($secret) . ');';
}

mkdir "$home/.aws";
append_to_file($config, "[default]\nregion = us-east-1\n");
my %keys = (
	AWS_ACCESS_KEY_ID => $glue->access_key,
	AWS_SECRET_ACCESS_KEY => $glue->secret_key);
anew(%keys);

#
# What STS refuses
#

$session->must(create_server('by_role', 'CURRENT_USER', $glue->access_key,
		$glue->secret_key, 'role_arn ' . literal(role('app'))));
$glue->set(roles => { role('app') => { deny => \1 } });
my $result = $session->query(create_sql(input('denied'), server => 'by_role'));
is($result->sqlstate, '42501', 'a role that must not be assumed: SQLSTATE');
like($result->hint, qr/sts:AssumeRole .*trust policy/, 'a role that must not be assumed: hint');

my $id = enqueue('denied', server => 'by_role');
is(work()->sqlstate, '00000', 'the queue goes on');
is(state_of($id), 'queued|AccessDenied|0', 'a request waits for the role');
$glue->set(roles => {});
work();
is(state_of($id), 'succeeded||1', 'until it can be assumed');

# Credentials that were good when they were got
$id = enqueue('expired', server => 'by_role');
$glue->set(roles => { role('app') => { deny => \1 } });
$glue->misbehave(operation => 'CreateConnection', kind => 'error', times => 1,
	status => 400, code => 'ExpiredTokenException');
work();
is(state_of($id), 'queued|AccessDenied|0', 'so does one whose credentials have run out');
$glue->set(roles => {});
work();
is(state_of($id), 'succeeded||1', 'until there are others');

# Who would have to know the account
$glue->misbehave(operation => 'GetCallerIdentity', kind => 'error', times => 1,
	status => 403, code => 'AccessDenied');
anew(%keys);
$id = enqueue('tagged', tags => { a => 'b' }, on_conflict => 'update');
work();
is(state_of($id), 'queued|AccessDenied|0', 'so does one that needs the account');
work();
is(state_of($id), 'succeeded||1', 'until that is told');

# Web identities
append_to_file("$home/token", 'a.forged.token');
anew(AWS_WEB_IDENTITY_TOKEN_FILE => "$home/token", AWS_ROLE_ARN => role('web'));
$result = $session->query(create_sql(input('web')));
is($result->sqlstate, '28000', 'a token that is refused: SQLSTATE');
like($result->hint, qr/identity provider.*trust policy.*sts:AssumeRoleWithWebIdentity/,
	'a token that is refused: hint');
$id = enqueue('web');
work();
is(state_of($id), 'queued|InvalidIdentityToken|0', 'a request waits for another token');
unlink "$home/token";
append_to_file("$home/token", $glue->web_identity);
$glue->set(roles => { role('web') => { deny => \1 } });
work();
is(state_of($id), 'queued|AccessDenied|0', 'and until that may assume the role');
$glue->set(roles => {});
work();
is(state_of($id), 'succeeded||1', 'and goes on');

#
# Keys of a user mapping
#

$session->must('CREATE ROLE somebody;'
	  . create_server('unknown', 'CURRENT_USER', 'AKIANOBODY', 'no')
	  . create_server('wrong', 'PUBLIC', $glue->access_key, 'wrong')
	  . create_server('wrong_role', 'CURRENT_USER', 'AKIANOBODY', 'no',
		'role_arn ' . literal(role('app'))));
my $user = $session->must('SELECT current_user')->output;
foreach my $case (
	[ 'unknown', qr/user mapping for "\Q$user\E" of foreign server "unknown"/ ],
	[ 'wrong', qr/user mapping for PUBLIC of foreign server "wrong"/ ],
	[ 'wrong_role', qr/user mapping for "\Q$user\E" of foreign server "wrong_role"/ ])
{
	my ($server, $mapping) = @$case;

	$result = $session->query(create_sql(input('x'), server => $server));
	is($result->sqlstate, '28000', "server $server: the keys are refused");
	like($result->hint, $mapping, "server $server: whose they are");
	$id = enqueue('x', server => $server);
	work();
	like(state_of($id), qr/^queued\|.+\|0$/, "server $server: a request waits");
	$session->must("SELECT glue_cancel_request($id)");
}

# Those of a role that was assumed with them are not the mapping's.
$glue->misbehave(operation => 'GetConnection', kind => 'error', status => 400,
	code => 'UnrecognizedClientException');
$result = $session->query(get_sql('x', server => 'by_role'));
is($result->sqlstate, '28000', 'keys of a role that are refused');
unlike($result->hint, qr/mapping/, 'are not those of the mapping');

#
# Files that cannot be read
#

anew(%keys);
$id = enqueue('unreadable');
chmod 0, $config;
is(work()->sqlstate, '00000', 'a file that cannot be read does not stop the queue');
is(state_of($id), 'queued|28000|0', 'a request waits for it');
chmod 0600, $config;
append_to_file($config, "nonsense\n");
work();
is(state_of($id), 'queued|28000|0', 'and until it is well-formed');
unlink $config;
work();
is(state_of($id), 'succeeded||1', 'and goes on');

#
# An error while outcomes are recorded
#

$session->must(<<'SQL');
CREATE FUNCTION slow(text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF $1 = 'slow' THEN PERFORM pg_sleep(1000); END IF;
	RETURN true;
END $$;
ALTER TABLE glue_connection ADD CONSTRAINT slow CHECK (slow(name));
SQL
$id = enqueue('slow');
$session->send('CALL glue_process_requests()');
my $observer = $cluster->session;
wait_until(
	sub {
		$observer->must('SELECT wait_event FROM pg_stat_activity WHERE pid = '
			  . $session->pid)->output eq 'PgSleep';
	},
	'the outcome is being recorded');
$observer->must('SELECT pg_cancel_backend(' . $session->pid . ')');
is($session->result->sqlstate, '57014', 'recording is cancelled');
is($session->query('SELECT 1')->output, '1', 'the session goes on');
is($session->query('ROLLBACK')->sqlstate, '00000', 'and is in no transaction');
$session->must('ALTER TABLE glue_connection DROP CONSTRAINT slow');
work();
like(state_of($id), qr/^succeeded\|/, 'and records what was done');
is($glue->created('slow'), 1, 'which was done once');

$cluster->finish;
done_testing();
