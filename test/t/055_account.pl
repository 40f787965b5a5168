# Copyright (c) 2026, glue_conn contributors
#
# AWS STS is asked for the account of credentials only if necessary: not if the
# credentials themselves have it, if a superuser has set it, or if any session
# has asked before.  If the account is unknown, nothing is changed, but reads
# continue.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use PostgreSQL::Test::Utils;
use Test::More;

my $home = PostgreSQL::Test::Utils::tempdir();
append_to_file("$home/config", "\n");
append_to_file("$home/credentials", "[told]\naws_access_key_id = AKIAtold\n"
	  . "aws_secret_access_key = told\naws_account_id = 444444444444\n"
	  . "[untold]\naws_access_key_id = AKIAuntold\naws_secret_access_key = untold\n");
my $cluster = GlueConn::Cluster->start(preload => 1, secret_key => 1, asks_account => 1,
	conf => "glue_conn.config_file = '$home/config'\n"
	  . "glue_conn.credentials_file = '$home/credentials'\n");
my $glue = $cluster->glue;
my $session = $cluster->session;
my $account = $GlueConn::LocalGlue::ACCOUNT;
my $identity = 'GetCallerIdentity';

# Keys of an account of their own, and a server with them.
sub make_server
{
	my ($name, $of, %more) = @_;

	$glue->add_credentials(access_key => "AKIA$name", secret_key => $name,
		account => $of);
	$session->must(($more{owner} ? "SET ROLE $more{owner};" : '')
		  . server_sql($name, "AKIA$name", $name, user => 'PUBLIC', %more)
		  . " GRANT USAGE ON FOREIGN SERVER $name TO PUBLIC; RESET ROLE");
	return;
}

# The account that a connection is recorded for, and its ARN.
sub recorded
{
	my ($name) = @_;

	return $session->must('SELECT catalog_id, arn FROM glue_connection'
		  . ' WHERE name = ' . literal($name))->output;
}

# Create a connection, and check the calls for its account; it must be in the
# account.
sub belongs
{
	my ($case, $who, $name, $of, $operations, %arguments) = @_;
	my $watch = $cluster->watch;
	my $result = $who->query(create_sql(referring($name), %arguments));

	is($result->output, 'READY', "$case: created") or diag($result->text);
	is($watch->operations, $operations, "$case: the calls");
	is(recorded($name), "$of|arn:aws:glue:us-east-1:$of:connection/$name",
		"$case: its account");
	return;
}

#
# Sources of the account
#

# The environment's keys do not have it: one call is enough for all their
# users.
belongs('the first', $session, 'first', $account, "$identity CreateConnection");
belongs('the next call', $session, 'next', $account, 'CreateConnection');
my $another = $cluster->session;
belongs('another backend', $another, 'another', $account, 'CreateConnection');
my $watch = $cluster->watch;
my $id = enqueue($session, referring('by the queue'));
is(state_of($session, $id, 'account_id') =~ s/.*\|//r, $account, 'a request has it from the start');
is(end_of($session, $id), 'succeeded', 'the queue');
is($watch->sent($identity), 0, 'makes no call either');
is(recorded('by the queue') =~ s/\|.*//r, $account, 'it has the account');

# So it is for each key.
make_server('first', '111111111111');
make_server('second', '222222222222');
$session->must("CREATE SERVER also FOREIGN DATA WRAPPER glue_conn;"
	  . " CREATE USER MAPPING FOR PUBLIC SERVER also OPTIONS (" . keys_sql('AKIAfirst', 'first') . ')');
belongs('another key', $session, 'x', '111111111111', "$identity CreateConnection",
	server => 'first');
$session->must(delete_sql('x', server => 'first'));
belongs('by another server', $another, 'x', '111111111111', 'CreateConnection',
	server => 'also');
$session->must(delete_sql('x', server => 'also'));
$watch = $cluster->watch;
$id = enqueue($session, referring('x'), server => 'second');
is(end_of($session, $id), 'succeeded', 'the queue asks, too');
is($watch->operations, "$identity CreateConnection", 'before it sends anything');
is(state_of($session, $id, qw(account_id attempts)), 'succeeded|222222222222|1',
	'writes it down, and that is no attempt');
belongs('the answer to the queue', $session, 'y', '222222222222', 'CreateConnection',
	server => 'second');

# A role's ARN has the account.
$session->must("CREATE SERVER role FOREIGN DATA WRAPPER glue_conn"
	  . " OPTIONS (role_arn 'arn:aws:iam::333333333333:role/app')");
belongs('a role', $session, 'of a role', '333333333333', 'AssumeRole CreateConnection',
	server => 'role');
belongs('a role whose credentials are kept', $another, 'of a role as well', '333333333333',
	'CreateConnection', server => 'role');

# So does a profile.
$glue->add_credentials(access_key => 'AKIAtold', secret_key => 'told',
	account => '444444444444');
$glue->add_credentials(access_key => 'AKIAuntold', secret_key => 'untold',
	account => '666666666666');
$session->must("CREATE SERVER profile FOREIGN DATA WRAPPER glue_conn OPTIONS (profile 'told')");
belongs('a profile', $session, 'of a profile', '444444444444', 'CreateConnection',
	server => 'profile');

# And a superuser.
$glue->add_credentials(access_key => 'AKIAclaimed', secret_key => 'c',
	account => '555555555555');
$session->must(server_sql('claimed', 'AKIAclaimed', 'c', user => 'PUBLIC',
	options => "account_id '555555555555'"));
belongs('an option', $session, 'of an option', '555555555555', 'CreateConnection',
	server => 'claimed');
$session->must("SET glue_conn.account_id = '666666666666';"
	  . " CREATE SERVER untold FOREIGN DATA WRAPPER glue_conn OPTIONS (profile 'untold')");
belongs('a setting', $session, 'of a setting', '666666666666', 'CreateConnection',
	server => 'untold');

# The setting is about credentials of the server process that do not say it.
make_server('mapped', '777777777777');
belongs('keys of a user mapping', $session, 'of a mapping', '777777777777',
	"$identity CreateConnection", server => 'mapped');
belongs('credentials that say it', $session, 'of a role at last', '333333333333',
	'CreateConnection', server => 'role');
$session->must('RESET glue_conn.account_id');

#
# An option that is wrong
#

$watch = $cluster->watch;
foreach my $server (qw(role profile first))
{
	$session->must("ALTER SERVER $server OPTIONS (ADD account_id '666666666666')");
	my $refused = $session->query(create_sql(referring('wrong'), server => $server));

	is($refused->sqlstate, '55000', "$server: a wrong account is refused");
	is($refused->message, 'AWS credentials do not belong to the account of foreign server'
		  . qq( "$server"), "$server: it is said so");
	like($refused->detail, qr/They belong to \d{12}, and option "account_id" is 666666666666/,
		"$server: and the right one");
}
is($watch->sent, 0, 'nothing is sent');

# No other role can set it.
$session->must('CREATE ROLE joe LOGIN; GRANT USAGE ON FOREIGN DATA WRAPPER glue_conn TO joe;'
	  . ' GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO joe');
my $joe = $cluster->session(user => 'joe');
is($joe->query("SET glue_conn.account_id = '666666666666'")->sqlstate, '42501',
	'a setting is for superusers');
make_server('own', '121212121212', owner => 'joe');
is($joe->query("ALTER SERVER own OPTIONS (ADD account_id '666666666666')")->sqlstate, '42501',
	'so is an option');
$cluster->configure($session, 'glue_conn.account_id' => '666666666666');
wait_until(sub { $joe->must('SHOW glue_conn.account_id')->output eq '666666666666' },
	'a setting for all');
belongs('the server of another role', $joe, 'own', '121212121212',
	"$identity CreateConnection", server => 'own');
$cluster->configure($session, 'glue_conn.account_id' => undef);

# A user of a server can have any keys in its own mapping.
$glue->add_credentials(access_key => 'AKIAjoe', secret_key => 'joe',
	account => '999999999999');
$session->must('GRANT USAGE ON FOREIGN SERVER claimed TO joe');
$joe->must('CREATE USER MAPPING FOR CURRENT_USER SERVER claimed OPTIONS ('
	  . keys_sql('AKIAjoe', 'joe') . ')');
belongs('keys that a role has itself', $joe, 'of keys of joe', '999999999999',
	"$identity CreateConnection", server => 'claimed');
belongs('the same keys', $joe, 'of joe', '999999999999', 'CreateConnection',
	server => 'claimed');
is($session->query("SET glue_conn.account_id = '12345678901'")->sqlstate, '22023',
	'an account has twelve digits');

#
# Nobody knows
#

make_server('unknown', '888888888888');
$glue->put_connection(account => '888888888888', input => referring('there'));
$glue->misbehave(operation => $identity, kind => 'reset-before', times => 0);
$session->must('SET glue_conn.max_attempts = 1');
my $there = literal('there');
my %unknown = (server => 'unknown');
my %refused = (
	create => create_sql(referring('new'), %unknown),
	'create many' => create_many_sql('*', [ map { referring("new $_") } 1 .. 3 ], %unknown),
	update => update_sql(referring('there'), %unknown),
	delete => delete_sql('there', %unknown),
	'delete if there' => delete_sql('new', %unknown, missing_ok => 't'),
	'delete many' => "SELECT * FROM glue_batch_delete_connection(ARRAY[$there], server => 'unknown')",
	tag => "SELECT glue_tag_connection($there, '{\"a\": \"b\"}', server => 'unknown')",
	untag => "SELECT glue_untag_connection($there, ARRAY['a'], server => 'unknown')",
	sync => "SELECT * FROM glue_sync_connections(server => 'unknown')",
	drift => "SELECT * FROM glue_connection_drift(server => 'unknown')");
foreach my $case (sort keys %refused)
{
	$watch = $cluster->watch;
	my $result = $session->query($refused{$case});

	is($result->sqlstate, '55000', "$case: is refused");
	like($result->message, qr/^AWS account that the credentials belong to is not known/,
		"$case: because of that");
	like($result->detail, qr/^Nothing was sent to AWS Glue\./, "$case: and not sent");
	like($result->hint, qr/"glue_conn.account_id".*AWS_ENDPOINT_URL_STS/, "$case: with a remedy");
	is($watch->operations, $identity, "$case: indeed");
}

my %read = (
	get => get_sql('there', %unknown),
	list => "SELECT glue_get_connections(server => 'unknown')",
	wait => "SELECT glue_wait_connection($there, server => 'unknown')",
	'tags, by the catalog' => "SELECT glue_get_connection_tags($there, '888888888888', 'unknown')",
	validate => 'SELECT glue_is_valid_connection_input(' . literal(json_text(referring('x'))) . ')');
foreach my $case (sort keys %read)
{
	is($session->query($read{$case})->sqlstate, '00000', "$case: continues");
}
is(recorded('there'), '', 'nothing is recorded');

# A named catalog makes the account unnecessary.
foreach my $sql (create_sql(referring('named'), %unknown, catalog_id => '888888888888'),
	update_sql(referring('named'), %unknown, catalog_id => '888888888888'),
	"SELECT glue_tag_connection('named', '{\"a\": \"b\"}', '888888888888', 'unknown')")
{
	is($session->query($sql)->sqlstate, '00000', 'a catalog that is named');
}
like(recorded('named'), qr/^888888888888\|/, 'owns the connection');

# The queue waits, and continues by itself.
make_server('mute', '999999999999');
$session->must('CREATE TABLE source (connection_input jsonb); '
	  . trigger_sql('source', 'server=mute'));
$watch = $cluster->watch;
$id = enqueue($session, secret('of the queue'), server => 'mute');
$session->must(row_sql(referring('of a row')));
wait_until(sub { state_of($session, $id, 'error_code') =~ /\|./ }, 'a request is put off');
is(state_of($session, $id, 'error_code'), 'queued|no account', 'a request waits');
like(state_of($session, $id, 'error_message'),
	qr/AWS account that the credentials belong to is not known/, 'and says its reason');
is($watch->sent('CreateConnection'), 0, 'and is not sent');
$glue->behave;
wait_until_ended($session);
is($session->must("SELECT string_agg(state || ' ' || account_id, ', ') FROM glue_request"
	  . " WHERE server = 'mute'")->output,
	'succeeded 999999999999, succeeded 999999999999', 'until AWS STS is back');
is(recorded($_) =~ s/\|.*//r, '999999999999', "$_: its account")
  foreach 'of the queue', 'of a row';

$_->quit foreach $session, $another, $joe;
$cluster->finish;
done_testing();
