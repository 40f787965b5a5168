# Copyright (c) 2026, glue_conn contributors
#
# Credentials that are rejected or cannot be read, and errors while the queue
# is processed.
#
# A change in IAM takes effect with a delay, and an administrator corrects
# files and keys.  So a request waits, without a counted attempt.  The caller
# of an immediate call gets a hint.

use strict;
use warnings;

use GlueConn::Callers qw(role);
use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $home = PostgreSQL::Test::Utils::tempdir();
my $config = "$home/.aws/config";
my $cluster = GlueConn::Cluster->start(asks_account => 1);
my $glue = $cluster->glue;
my $session;

# The outcome of a request
sub became
{
	my ($id) = @_;

	return state_of($session, $id, qw(error_code attempts));
}

# Start the server anew with these variables, and no credentials kept.
sub anew
{
	my (%variables) = @_;

	$cluster->restart(HOME => $home, %variables);
	return $session = $cluster->session;
}

mkdir "$home/.aws";
append_to_file($config, "[default]\nregion = us-east-1\n");
my %keys = (
	AWS_ACCESS_KEY_ID => $glue->access_key,
	AWS_SECRET_ACCESS_KEY => $glue->secret_key);
anew(%keys);

#
# Rejections by STS
#

$session->must(server_sql('by_role', $glue->access_key, $glue->secret_key,
		options => 'role_arn ' . literal(role('app'))));
$glue->set(roles => { role('app') => { deny => \1 } });
my $result = $session->query(create_sql(referring('denied'), server => 'by_role'));
is($result->sqlstate, '42501', 'a role that must not be assumed: SQLSTATE');
like($result->hint, qr/sts:AssumeRole .*trust policy/, 'a role that must not be assumed: hint');

my $id = enqueue($session, referring('denied'), server => 'by_role');
is(work_on_all($session)->sqlstate, '00000', 'the queue continues');
is(became($id), 'queued|AccessDenied|0', 'a request waits for the role');
$glue->set(roles => {});
work_on_all($session);
is(became($id), 'succeeded||1', 'until it can be assumed');

# Credentials that were good when they were got
$id = enqueue($session, referring('expired'), server => 'by_role');
$glue->set(roles => { role('app') => { deny => \1 } });
$glue->misbehave(operation => 'CreateConnection', kind => 'error', times => 1,
	status => 400, code => 'ExpiredTokenException');
work_on_all($session);
is(became($id), 'queued|AccessDenied|0', 'so does one whose credentials have run out');
$glue->set(roles => {});
work_on_all($session);
is(became($id), 'succeeded||1', 'until there are others');

# Roles that need the account
$glue->misbehave(operation => 'GetCallerIdentity', kind => 'error', times => 1,
	status => 403, code => 'AccessDenied');
anew(%keys);
$id = enqueue($session, referring('tagged'), tags => { a => 'b' }, on_conflict => 'update');
work_on_all($session);
is(became($id), 'queued|AccessDenied|0', 'so does one that needs the account');
work_on_all($session);
is(became($id), 'succeeded||1', 'until STS answers');

# An endpoint of STS that is none
anew(%keys, AWS_ENDPOINT_URL_STS => 'ftp://localhost');
$id = enqueue($session, referring('unknown_sts'), server => 'by_role');
my $other = enqueue($session, referring('known'));
is(work_on_all($session)->sqlstate, '00000', 'no endpoint of STS: the queue continues');
is(became($id), 'queued|no endpoint|0', 'a request waits until there is one');
is(became($other), 'succeeded||1', 'and others do not');
anew(%keys);
work_on_all($session);
is(became($id), 'succeeded||1', 'then it continues');

# Web identities
append_to_file("$home/token", 'a.forged.token');
anew(AWS_WEB_IDENTITY_TOKEN_FILE => "$home/token", AWS_ROLE_ARN => role('web'));
$result = $session->query(create_sql(referring('web')));
is($result->sqlstate, '28000', 'a token that is refused: SQLSTATE');
like($result->hint, qr/identity provider.*trust policy.*sts:AssumeRoleWithWebIdentity/,
	'a token that is refused: hint');
$id = enqueue($session, referring('web'));
work_on_all($session);
is(became($id), 'queued|InvalidIdentityToken|0', 'a request waits for another token');
unlink "$home/token";
append_to_file("$home/token", $glue->web_identity);
$glue->set(roles => { role('web') => { deny => \1 } });
work_on_all($session);
is(became($id), 'queued|AccessDenied|0', 'and until that may assume the role');
$glue->set(roles => {});
work_on_all($session);
is(became($id), 'succeeded||1', 'and continues');
$id = enqueue($session, referring('web of others'));
chmod 0, "$home/token";
anew(AWS_WEB_IDENTITY_TOKEN_FILE => "$home/token", AWS_ROLE_ARN => role('web'));
is(work_on_all($session)->sqlstate, '00000', 'a token that cannot be read does not stop the queue');
is(became($id), 'queued|no credentials|0', 'a request waits for it');
chmod 0600, "$home/token";
work_on_all($session);
is(became($id), 'succeeded||1', 'and continues with it');

#
# Keys of a user mapping
#

$session->must('CREATE ROLE somebody;'
	  . server_sql('unknown', 'AKIANOBODY', 'no')
	  . server_sql('wrong', $glue->access_key, 'wrong', user => 'PUBLIC')
	  . server_sql('wrong_role', 'AKIANOBODY', 'no',
		options => 'role_arn ' . literal(role('app'))));
my $user = $session->must('SELECT current_user')->output;
foreach my $case (
	[ 'unknown', qr/user mapping for "\Q$user\E" of foreign server "unknown"/ ],
	[ 'wrong', qr/user mapping for PUBLIC of foreign server "wrong"/ ],
	[ 'wrong_role', qr/user mapping for "\Q$user\E" of foreign server "wrong_role"/ ])
{
	my ($server, $mapping) = @$case;

	$result = $session->query(create_sql(referring('x'), server => $server));
	is($result->sqlstate, '28000', "server $server: the keys are refused");
	like($result->hint, $mapping, "server $server: names their owner");
	$id = enqueue($session, referring('x'), server => $server);
	work_on_all($session);
	like(became($id), qr/^queued\|.+\|0$/, "server $server: a request waits");
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
$id = enqueue($session, referring('unreadable'));
chmod 0, $config;
is(work_on_all($session)->sqlstate, '00000', 'a file that cannot be read does not stop the queue');
is(became($id), 'queued|28000|0', 'a request waits for it');
chmod 0600, $config;
append_to_file($config, "nonsense\n");
work_on_all($session);
is(became($id), 'queued|28000|0', 'and until it is well-formed');
unlink $config;
work_on_all($session);
is(became($id), 'succeeded||1', 'and continues');

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
$id = enqueue($session, referring('slow'));
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
is($session->query('SELECT 1')->output, '1', 'the session continues');
is($session->query('ROLLBACK')->sqlstate, '00000', 'and is in no transaction');
$session->must('ALTER TABLE glue_connection DROP CONSTRAINT slow');
work_on_all($session);
like(became($id), qr/^succeeded\|/, 'and records the outcome');
is($glue->created('slow'), 1, 'which was done once');

$cluster->finish;
done_testing();
