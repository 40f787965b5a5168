# Copyright (c) 2026, glue_conn contributors
#
# Foreign servers as targets: several accounts and regions from one database.
#
# A server determines the destination of a call, and a user mapping its
# identity.  The next call of every backend sees a change of either.  Only
# servers of superusers give access to the server process's own resources,
# above all its credentials.  The journal of the local Glue has the caller and
# the region.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $word = 'SeCrEtWoRd';
my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $admin = $cluster->session;

# Callers that the local Glue knows by these names, and their accounts.
my %accounts = (
	FIRST => '111111111111',
	SECOND => '222222222222',
	OWNER => '333333333333',
	ROTATED => '111111111111');
foreach my $caller (sort keys %accounts)
{
	$glue->add_credentials(
		access_key => $caller,
		secret_key => "$word/$caller",
		account => $accounts{$caller});
}
$glue->add_credentials(
	access_key => 'TEMPORARY',
	secret_key => "$word/TEMPORARY",
	token => "$word/TOKEN",
	account => $accounts{FIRST});

# The options of a user mapping with the keys of a caller
sub keys_of { return keys_sql($_[0], "$word/$_[0]"); }

# The same to change them
sub set_keys_of
{
	return keys_of(@_) =~ s/(\w+_\w+ ')/SET $1/gr;
}

# A call of glue_get_connection() that names a server
sub get_from
{
	my ($server, $name) = @_;

	return get_sql($name // 'x') =~ s/\)$/, server => '$server')/r;
}

# Make a call that AWS answers, and check its caller; returns the message.
sub calls_as
{
	my ($case, $session, $sql, $caller) = @_;
	my $watch = $cluster->watch;
	my $result = $session->query($sql);
	my ($request) = $watch->requests;

	like($result->sqlstate, qr/^(00000|42704)$/, "$case: AWS answers")
	  or diag($result->text);
	is($request && $request->{access_key}, $caller, "$case: to $caller");
	return $request;
}

# Make a call that is refused without being sent.
sub refused
{
	my ($case, $session, $sql, $sqlstate, $message) = @_;
	my $watch = $cluster->watch;
	my $result = $session->query($sql);

	is($result->sqlstate, $sqlstate, "$case: SQLSTATE");
	like($result->message, $message, "$case: message");
	unlike($result->text, qr/$word/, "$case: quotes no secret");
	is($watch->sent, 0, "$case: nothing was sent");
	return $result;
}

$admin->must(server_sql('first', 'FIRST', "$word/FIRST", user => 'PUBLIC')
	  . server_sql('second', 'SECOND', "$word/SECOND", user => 'PUBLIC',
		options => "region 'eu-west-1', catalog_id '$accounts{SECOND}'")
	  . <<'SQL');
CREATE SERVER ambient FOREIGN DATA WRAPPER glue_conn;
CREATE ROLE plain LOGIN;
CREATE ROLE owner LOGIN;
GRANT EXECUTE ON FUNCTION glue_create_connection(jsonb, jsonb, text, name, text),
	glue_get_connection(text, text, name) TO plain, owner;
GRANT USAGE ON FOREIGN DATA WRAPPER glue_conn TO owner;
SQL
my $plain = $cluster->session(user => 'plain');
my $owner = $cluster->session(user => 'owner');

#
# Several accounts at once
#

foreach my $server (qw(first second ambient))
{
	is($admin->must(create_sql(jdbc('shared'), server => $server))->output,
		'READY', "created on $server");
}
is( join(
		' ',
		sort map { "$_->{account}/$_->{region}" }
		  @{ $glue->state->{connections} }),
	'111111111111/us-east-1 123456789012/us-east-1 222222222222/eu-west-1',
	'one name in three accounts');
is( $admin->must('SELECT server, region, catalog_id, arn'
		  . " FROM glue_connection WHERE name = 'shared' ORDER BY server")
	  ->output,
	join("\n",
		'ambient|us-east-1|123456789012|arn:aws:glue:us-east-1:123456789012:connection/shared',
		'first|us-east-1|111111111111|arn:aws:glue:us-east-1:111111111111:connection/shared',
		'second|eu-west-1|222222222222|arn:aws:glue:eu-west-1:222222222222:connection/shared'),
	'and in three rows');
my $watch = $cluster->watch;
is($admin->query(create_sql(jdbc('shared'), server => 'second'))->sqlstate,
	'42710', 'where the name is taken is known');
is(json_value(($watch->requests('CreateConnection'))[0]->{body})->{CatalogId},
	$accounts{SECOND}, 'the catalog is that of the server');

calls_as('a server', $admin, get_from('first', 'shared'), 'FIRST');
my $request =
  calls_as('another server', $admin, get_from('second', 'shared'), 'SECOND');
is($request->{region}, 'eu-west-1', 'another server: for its region');
is(json_value($request->{body})->{CatalogId},
	$accounts{SECOND}, 'another server: for its catalog');
calls_as('no server', $admin, get_sql('shared'), $glue->access_key);
calls_as('a server without a mapping',
	$admin, get_from('ambient', 'shared'), $glue->access_key);

$watch = $cluster->watch;
is( $admin->query("SELECT glue_get_connection('x',"
		  . " catalog_id => '999999999999', server => 'second')")->sqlstate,
	'42501',
	'the argument comes before the catalog of the server');
is(json_value(($watch->requests)[0]->{body})->{CatalogId},
	'999999999999', 'and goes to AWS');

# A backend may make its calls in one transaction and one statement.
$watch = $cluster->watch;
$admin->must("SELECT glue_get_connection('shared', server => s)"
	  . " FROM unnest('{first,second,first,second}'::name[]) s");
is( join(' ', map { $_->{access_key} } $watch->requests),
	'FIRST SECOND FIRST SECOND',
	'two accounts by turns');

#
# Privileges on servers
#

refused('a server without USAGE', $plain, get_from('first'), '42501',
	qr/^permission denied for foreign server first$/);
refused('creating there', $plain,
	create_sql(jdbc('denied'), server => 'first'),
	'42501', qr/^permission denied for foreign server first$/);
$admin->must('GRANT USAGE ON FOREIGN SERVER first, ambient TO plain');
calls_as('with USAGE', $plain, get_from('first'), 'FIRST');
calls_as('with USAGE on a server of superusers',
	$plain, get_from('ambient'), $glue->access_key);
$admin->must('CREATE USER MAPPING FOR plain SERVER first OPTIONS ('
	  . keys_of('OWNER') . ')');
calls_as('a mapping of one\'s own', $plain, get_from('first'), 'OWNER');
calls_as('the mapping for PUBLIC', $admin, get_from('first'), 'FIRST');
$admin->must('REVOKE USAGE ON FOREIGN SERVER first FROM plain');
refused('USAGE taken away', $plain, get_from('first'), '42501',
	qr/^permission denied for foreign server first$/);

# The privileges of the current user count, not those of the session user.
$admin->must('CREATE FUNCTION call_as_admin() RETURNS jsonb'
	  . ' LANGUAGE sql SECURITY DEFINER AS'
	  . " \$\$ SELECT glue_get_connection('shared', server => 'first') \$\$");
calls_as('a function of somebody else\'s',
	$plain, 'SELECT call_as_admin()', 'FIRST');

refused('a server that is not there', $admin, get_from('missing'), '42704',
	qr/^server "missing" does not exist$/);
like($admin->query(get_from('secnod'))->hint,
	qr/^Perhaps you meant the server "second"\.$/,
	'a server that does not exist: the hint has the nearest name');
{
	my $result = $admin->query("SELECT glue_get_connection('x', 'second')");

	is($result->sqlstate, '22023', 'a server in the place of a catalog is refused');
	like($result->hint, qr/server => 'second'/, 'and the hint has the right notation');
}
$admin->must('CREATE FOREIGN DATA WRAPPER other;'
	  . ' CREATE SERVER other FOREIGN DATA WRAPPER other');
refused('a server of another wrapper', $admin, get_from('other'), '42809',
	qr/^foreign server "other" is not a server of glue_conn$/);

#
# Changes are seen by running backends
#

my $reader = $cluster->session;
calls_as('before', $reader, get_from('first'), 'FIRST');
$admin->must('ALTER USER MAPPING FOR PUBLIC SERVER first OPTIONS ('
	  . set_keys_of('ROTATED') . ')');
calls_as('rotated keys', $reader, get_from('first'), 'ROTATED');
$admin->must('ALTER USER MAPPING FOR PUBLIC SERVER first OPTIONS ('
	  . set_keys_of('TEMPORARY')
	  . ", session_token '$word/TOKEN')");
$request =
  calls_as('temporary keys', $reader, get_from('first'), 'TEMPORARY');
is($request->{headers}{'x-amz-security-token'},
	"$word/TOKEN", 'temporary keys: with their token');

# ... in the middle of a transaction, too
$reader->must('BEGIN');
calls_as('before, in a transaction', $reader, get_from('first', 'shared'), 'TEMPORARY');
$admin->must('ALTER USER MAPPING FOR PUBLIC SERVER first OPTIONS ('
	  . set_keys_of('FIRST')
	  . ', DROP session_token)');
$request =
  calls_as('rotated in a transaction', $reader, get_from('first', 'shared'), 'FIRST');
ok(!exists $request->{headers}{'x-amz-security-token'},
	'rotated in a transaction: without a token');
$reader->must('COMMIT');

# ... and an uncommitted change is visible only in its own transaction.
$admin->must('BEGIN; ALTER SERVER first OPTIONS (region \'ap-south-1\')');
$request =
  calls_as('a change not committed', $reader, get_from('first'), 'FIRST');
is($request->{region}, 'us-east-1', 'a change not committed: is not seen');
$request =
  calls_as('the same, seen from inside', $admin, get_from('first'), 'FIRST');
is($request->{region}, 'ap-south-1', 'the same, seen from inside: is seen');
$admin->must('ROLLBACK');

$admin->must('DROP USER MAPPING FOR PUBLIC SERVER first');
calls_as('a dropped mapping', $reader, get_from('first'), $glue->access_key);
$admin->must('CREATE USER MAPPING FOR PUBLIC SERVER first OPTIONS ('
	  . keys_of('FIRST') . ')');

# Another endpoint, with a certification authority of its own
my $elsewhere = GlueConn::LocalGlue->new->start;
$elsewhere->add_credentials(
	access_key => 'FIRST',
	secret_key => "$word/FIRST",
	account => $accounts{FIRST});
$admin->must('ALTER SERVER first OPTIONS (endpoint_url '
	  . literal($elsewhere->url) . ')');
is($reader->query(get_from('first'))->sqlstate,
	'08001', 'another endpoint: is not trusted by the setting');
$admin->must('ALTER SERVER first OPTIONS (ca_file '
	  . literal($elsewhere->ca_file) . ')');
$watch = $cluster->watch;
is($reader->query(get_from('first'))->sqlstate,
	'42704', 'another endpoint: is trusted by the server');
is($watch->sent, 0, 'another endpoint: nothing goes to the old one');
is(scalar(my @there = $elsewhere->requests),
	1, 'another endpoint: but to the new one');
$admin->must('ALTER SERVER first OPTIONS (DROP endpoint_url)');
is($reader->query(get_from('first'))->sqlstate,
	'08001', 'the CA of the server does not trust the usual endpoint');
$admin->must('ALTER SERVER first OPTIONS (DROP ca_file)');
calls_as('the usual endpoint', $reader, get_from('first'), 'FIRST');
$elsewhere->stop;

#
# The other options
#

$admin->must("ALTER SERVER first OPTIONS (request_timeout '300ms', max_attempts '1')");
$glue->misbehave(kind => 'stall', seconds => 30);
my $result = $reader->query(get_from('first'));
is($result->sqlstate, '08000', 'request_timeout: SQLSTATE');
like($result->text, qr/300 ms/, 'request_timeout: is that of the server');
$glue->misbehave(kind => 'error', status => 503, times => 0);
$watch = $cluster->watch;
is($reader->query(get_from('first'))->sqlstate, '38000', 'max_attempts');
is($watch->sent, 1, 'max_attempts: is that of the server');
$glue->behave;
$admin->must('ALTER SERVER first OPTIONS (DROP request_timeout, DROP max_attempts)');

$admin->must("ALTER SERVER first OPTIONS (proxy 'http://127.0.0.1:1')");
is($reader->query(get_from('first'))->sqlstate,
	'08001', 'proxy: is that of the server');
$reader->must("SET glue_conn.proxy = 'http://127.0.0.1:1'");
is($reader->query(get_from('second'))->sqlstate,
	'08001', 'proxy: is else that of the setting');
$admin->must("ALTER SERVER first OPTIONS (SET proxy '')");
calls_as('no proxy', $reader, get_from('first'), 'FIRST');
$reader->must('RESET glue_conn.proxy');
$admin->must('ALTER SERVER first OPTIONS (DROP proxy)');

# A profile of the shared files
my $credentials = PostgreSQL::Test::Utils::tempdir() . '/credentials';
append_to_file($credentials,
	"[reports]\naws_access_key_id = SECOND\n"
	  . "aws_secret_access_key = $word/SECOND\n");
$reader->must("SET glue_conn.credentials_file = '$credentials'");
calls_as('the environment', $reader, get_from('ambient'), $glue->access_key);
$admin->must("ALTER SERVER ambient OPTIONS (profile 'reports')");
calls_as('a profile', $reader, get_from('ambient'), 'SECOND');
$reader->must("SET glue_conn.profile = 'nonsense'");
calls_as('a profile before the setting',
	$reader, get_from('ambient'), 'SECOND');
$admin->must("ALTER SERVER ambient OPTIONS (SET profile 'missing')");
$result = refused('a profile that is not there',
	$reader, get_from('ambient'), '28000', qr/^could not find AWS credentials$/);
like($result->detail,
	qr/user mapping.*foreign server "ambient".*profile "missing"/,
	'a profile that is not there: all that was looked at');
$admin->must('ALTER SERVER ambient OPTIONS (DROP profile)');
$reader->must('RESET glue_conn.profile');

#
# A server whose owner is not a superuser
#

my $borrowing = qr/^permission denied to use the AWS credentials of the server process/;

$owner->must("CREATE SERVER own FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'us-west-2')");
refused('own server, no mapping', $owner, get_from('own'), '42501',
	$borrowing);
refused('own server, and a superuser calls',
	$admin, get_from('own'), '42501', $borrowing);
$owner->must('CREATE USER MAPPING FOR CURRENT_USER SERVER own');
refused('own server, a mapping without keys',
	$owner, get_from('own'), '42501', $borrowing);
$owner->must('ALTER USER MAPPING FOR CURRENT_USER SERVER own OPTIONS ('
	  . keys_of('OWNER') . ')');
$request = calls_as('own server with keys', $owner, get_from('own'), 'OWNER');
is($request->{region}, 'us-west-2', 'own server with keys: for its region');
is($owner->must(create_sql(jdbc('owned'), server => 'own'))->output,
	'READY', 'own server with keys: creates');
refused('own server, another\'s keys',
	$admin, get_from('own'), '42501', $borrowing);

my %reserved = (
	endpoint_url => 'https://127.0.0.1:1',
	profile => 'default',
	ca_file => '/etc/hosts',
	proxy => 'http://127.0.0.1:1');
foreach my $option (sort keys %reserved)
{
	my $denied = qr/^permission denied to set option "$option"$/;
	my $given = "$option '$reserved{$option}'";

	refused("$option at CREATE", $owner,
		"CREATE SERVER own2 FOREIGN DATA WRAPPER glue_conn OPTIONS ($given)",
		'42501', $denied);
	refused("$option at ALTER", $owner, "ALTER SERVER own OPTIONS ($given)",
		'42501', $denied);

	# A superuser's option on it helps nobody, and can but be dropped.
	$admin->must("ALTER SERVER own OPTIONS ($given)");
	refused("$option at use", $owner, get_from('own'), '42501',
		qr/^permission denied to use option "$option" of foreign server "own"$/
	);
	refused("$option beside the changed option", $owner,
		"ALTER SERVER own OPTIONS (SET region 'us-east-1')",
		'42501', $denied);
	$owner->must("ALTER SERVER own OPTIONS (DROP $option)");
	calls_as("$option dropped", $owner, get_from('own'), 'OWNER');
}

# Ownership decides at the time of the call.
$admin->must('GRANT USAGE ON FOREIGN SERVER own TO plain');
refused('own server, granted to another',
	$plain, get_from('own'), '42501', $borrowing);
$admin->must('ALTER SERVER own OWNER TO CURRENT_USER');
calls_as('owned by a superuser now',
	$plain, get_from('own'), $glue->access_key);
$admin->must("ALTER SERVER own OPTIONS (proxy '')");
calls_as('with a superuser\'s option', $owner, get_sql('x'), $glue->access_key);
$admin->must('ALTER SERVER own OWNER TO owner');
refused('given back, with a superuser\'s option',
	$owner, get_from('own'), '42501', qr/^permission denied to use option/);
$admin->must('ALTER SERVER own OPTIONS (DROP proxy)');
calls_as('given back without it', $owner, get_from('own'), 'OWNER');
$admin->must('ALTER ROLE owner SUPERUSER');
calls_as('the owner is a superuser now',
	$plain, get_from('own'), $glue->access_key);
$admin->must('ALTER ROLE owner NOSUPERUSER');
refused('and is none any more', $plain, get_from('own'), '42501',
	$borrowing);

# A role must not be assumed with the keys of the server process, and a role
# with USAGE on a superuser's server must not choose one.
my $role = "role_arn 'arn:aws:iam::123456789012:role/r'";
$admin->must('GRANT USAGE ON FOREIGN SERVER ambient TO plain');
refused('a role without keys', $plain,
	"CREATE USER MAPPING FOR CURRENT_USER SERVER ambient OPTIONS ($role)",
	'42501', qr/^permission denied to set option "role_arn" without keys$/);
refused('an external ID without keys', $plain,
	"CREATE USER MAPPING FOR CURRENT_USER SERVER ambient OPTIONS (external_id 'other')",
	'42501', qr/^permission denied to set option "external_id" without keys$/);
$plain->must('CREATE USER MAPPING FOR CURRENT_USER SERVER ambient OPTIONS ('
	  . keys_of('OWNER') . ", $role)");
refused('the keys taken away from a role', $plain,
	'ALTER USER MAPPING FOR CURRENT_USER SERVER ambient'
	  . ' OPTIONS (DROP access_key_id, DROP secret_access_key)',
	'42501', qr/^permission denied to set option "role_arn" without keys$/);
$plain->must('DROP USER MAPPING FOR CURRENT_USER SERVER ambient');

# A value that is refused is not repeated.
foreach my $case (
	[ 'CREATE', "access_key_id 'A', secret_access_key '$word $word'" ],
	[ 'CREATE', "access_key_id 'A', secret_access_key '$word', session_token '$word $word'" ],
	[ 'CREATE', "secret_access_key '$word'" ])
{
	refused("a mapping with a bad value", $admin,
		"CREATE USER MAPPING FOR CURRENT_USER SERVER ambient OPTIONS ($case->[1])",
		'22023', qr/option/);
}
refused("a server with a password in $_", $admin,
	"ALTER SERVER ambient OPTIONS ($_ 'http://user:$word\@127.0.0.1:1')",
	'22023', qr/^invalid value for option "$_"$/)
  foreach qw(endpoint_url proxy);

# A long token is stored compressed.
my $long = "$word/" . 'x' x 8000;
$glue->add_credentials(
	access_key => 'LONG',
	secret_key => "$word/LONG",
	token => $long);
$admin->must('CREATE USER MAPPING FOR CURRENT_USER SERVER ambient OPTIONS ('
	  . keys_of('LONG') . ", session_token '$long')");
$request = calls_as('a long token', $admin, get_from('ambient'), 'LONG');
is(length $request->{headers}{'x-amz-security-token'},
	length $long, 'a long token: is sent as it is');
$admin->must('DROP USER MAPPING FOR CURRENT_USER SERVER ambient');

#
# Dump and restore
#

my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
$cluster->node->command_ok(
	[ 'pg_dump', '-f', $dump, $cluster->node->connstr('postgres') ],
	'dump');
$admin->must('CREATE DATABASE restored');
$cluster->node->command_ok(
	[
		'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump,
		$cluster->node->connstr('restored')
	],
	'restore');
my $restored = $cluster->session(database => 'restored');
calls_as('restored', $restored, get_from('second'), 'SECOND');
is( $restored->must('SELECT string_agg(server, $$,$$ ORDER BY server)'
		  . " FROM glue_connection WHERE name = 'shared'")->output,
	'ambient,first,second',
	'restored: the rows with their servers');
$restored->quit;
my $restored_owner =
  $cluster->session(database => 'restored', user => 'owner');
calls_as('restored, by another owner',
	$restored_owner, get_from('own'), 'OWNER');
$restored_owner->quit;

#
# A server that is renamed or dropped leaves its rows as they are
#

$reader->must('BEGIN');
calls_as('before, by its old name', $reader, get_from('second', 'shared'),
	'SECOND');
$admin->must('ALTER SERVER second RENAME TO "The Second"');
refused('renamed, by its old name', $reader, get_from('second', 'shared'),
	'42704', qr/^server "second" does not exist$/);
$reader->must('ROLLBACK');
calls_as('renamed', $reader, get_from('The Second', 'shared'), 'SECOND');
is( $admin->must(create_sql(jdbc('later'), server => 'The Second'))->output,
	'READY', 'renamed: creates');
is($cluster->row('later')->{server}, 'The Second', 'renamed: by its new name');
$admin->must('DROP SERVER "The Second" CASCADE');
is( $admin->must('SELECT string_agg(server, $$,$$ ORDER BY server)'
		  . " FROM glue_connection WHERE region = 'eu-west-1'")->output,
	'The Second,second',
	'dropped: the rows are still there');

$_->quit foreach $admin, $plain, $owner, $reader;
$cluster->finish;
done_testing();
