# Copyright (c) 2026, glue_conn contributors
#
# Credentials from AWS STS, for roles and web identities, and the order of all
# sources of credentials.
#
# The journal of the local Glue has the messages and their order, and
# glue_caller_identity() returns the resulting identity.  In every call the
# server logs and sends messages of all levels; at the end all of that is
# searched for each secret that was issued.

use strict;
use warnings;

use GlueConn::Callers;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

# Each of an account of its own
my %accounts = (ENV => '100000000001', FILE => '100000000002');
my $cluster = start_with_callers(%accounts);
my $glue = $cluster->glue;
my $config = "$home/config";

#
# Roles in profiles
#

write_file('config', <<"CONFIG");
[profile keys]
@{[ keys_of('FILE') ]}
[profile app]
role_arn = @{[ role('app') ]}
source_profile = keys
[profile nested]
role_arn = @{[ role('path/nested', '300000000000') ]}
source_profile = app
[profile self]
role_arn = @{[ role('self') ]}
source_profile = self
@{[ keys_of('FILE') ]}
[profile both]
role_arn = @{[ role('both') ]}
source_profile = keys_and_role
[profile keys_and_role]
role_arn = @{[ role('never') ]}
source_profile = missing
@{[ keys_of('FILE') ]}
[profile asked]
role_arn = @{[ role('asked') ]}
source_profile = keys
external_id = an+id:1
role_session_name = me\@host
duration_seconds = 1800
[profile wrong_id]
role_arn = @{[ role('asked') ]}
source_profile = keys
external_id = another
[profile denied]
role_arn = @{[ role('denied') ]}
source_profile = keys
[profile over_denied]
role_arn = @{[ role('app') ]}
source_profile = denied
[profile environment]
role_arn = @{[ role('environment') ]}
credential_source = Environment
[profile container]
role_arn = @{[ role('container') ]}
credential_source = EcsContainer
[profile instance]
role_arn = @{[ role('instance') ]}
credential_source = Ec2InstanceMetadata
[profile loop1]
role_arn = @{[ role('loop1') ]}
source_profile = loop2
[profile loop2]
role_arn = @{[ role('loop2') ]}
source_profile = loop3
[profile loop3]
role_arn = @{[ role('loop3') ]}
source_profile = loop1
[profile short_loop]
role_arn = @{[ role('short') ]}
source_profile = short_loop
[profile dangling]
role_arn = @{[ role('dangling') ]}
source_profile = nowhere
[profile two_sources]
role_arn = @{[ role('two') ]}
source_profile = keys
credential_source = Environment
[profile unknown_source]
role_arn = @{[ role('unknown') ]}
credential_source = Moon
[profile hasty]
role_arn = @{[ role('hasty') ]}
source_profile = keys
duration_seconds = 899
[profile malformed]
role_arn = no such role
source_profile = keys
[profile empty_source]
role_arn = @{[ role('empty') ]}
source_profile = empty
[profile empty]
region = eu-west-1
[profile deep0]
@{[ keys_of('FILE') ]}
@{[ join '', map { "[profile deep$_]\nrole_arn = " . role("deep$_")
	. "\nsource_profile = deep" . ($_ - 1) . "\n" } 1 .. 10 ]}
CONFIG
my %file = (config_file => $config);
$glue->set(
	roles => {
		role('asked') => { external_id => 'an+id:1' },
		role('denied') => { deny => \1 }
	});

acts_as('keys', "$accounts{FILE} arn:aws:iam::$accounts{FILE}:user/FILE",
	%file, profile => 'keys');
my @requests = acts_as('a role', session_of('app'), %file, profile => 'app');
is(operations(@requests), 'AssumeRole GetCallerIdentity',
	'a role: is assumed');
is($requests[0]{access_key}, 'FILE', 'a role: with the keys of its source');
is_deeply(
	form($requests[0]),
	{
		Action => 'AssumeRole',
		Version => '2011-06-15',
		RoleArn => role('app'),
		RoleSessionName => 'glue_conn'
	},
	'a role: no parameters but the configured ones');
ok($requests[1]{headers}{'x-amz-security-token'},
	'a role: its session token is sent');

@requests = acts_as('a nested role',
	session_of('nested', undef, '300000000000'),
	%file, profile => 'nested');
is( operations(@requests),
	'AssumeRole AssumeRole GetCallerIdentity',
	'a nested role: one after the other');
is( join(' ', map { form($_)->{RoleArn} } @requests[ 0, 1 ]),
	role('app') . ' ' . role('path/nested', '300000000000'),
	'a nested role: from the source outwards');
is( (grep { $_->{access_key} eq $requests[1]{access_key} }
		  $glue->credentials)[0]{arn},
	'arn:aws:sts::200000000000:assumed-role/app/glue_conn',
	'a nested role: each with the credentials of the one before');

acts_as('a profile that is its own source',
	session_of('self'), %file, profile => 'self');
@requests = acts_as('a source with keys and a role',
	session_of('both'), %file, profile => 'both');
is(operations(@requests), 'AssumeRole GetCallerIdentity',
	'a source with keys and a role: the keys count');

@requests = acts_as('the settings of a role',
	session_of('asked', 'me@host'),
	%file, profile => 'asked');
is_deeply(
	[ @{ form($requests[0]) }{qw(ExternalId RoleSessionName DurationSeconds)} ],
	[ 'an+id:1', 'me@host', '1800' ],
	'the settings of a role: STS gets them');

acts_as('nine roles', session_of('deep9'), %file, profile => 'deep9');
refused('ten roles', $none, qr/^Profile "deep10" leads to more than 9 roles/,
	%file, profile => 'deep10');

my %refused = (
	loop1 => qr/form a loop.*"loop1" > "loop2" > "loop3" > "loop1"\./,
	short_loop => qr/^Profile "short_loop" .*has no credentials/,
	dangling => qr/no profile "nowhere", which profile "dangling" names/,
	two_sources =>
	  qr/^Profile "two_sources" has both "source_profile" and "credential_source"/,
	unknown_source =>
	  qr/^"credential_source" of profile "unknown_source" must be "Environment"/,
	hasty => qr/^"duration_seconds" of profile "hasty" must be .* 900 to 43200/,
	empty_source => qr/^Profile "empty" .*has no credentials/,
	environment => qr/^Profile "environment" .*AWS_ACCESS_KEY_ID.*not set/,
	container => qr/^Profile "container" .*AWS_CONTAINER_CREDENTIALS/,
	instance => qr/^Profile "instance" .*disabled/);
foreach my $profile (sort keys %refused)
{
	my (undef, @sent) = refused("profile $profile", $none,
		$refused{$profile}, %file, profile => $profile);
	is(scalar @sent, 0, "profile $profile: no source was asked");
}

# After a rejection by STS, no other identity is used.
foreach my $profile (qw(wrong_id denied over_denied))
{
	my $watch = $cluster->watch;
	my $result = run(get_sql('x'), %file, profile => $profile);

	is($result->sqlstate, '42501', "profile $profile: denied by STS");
	like(
		$result->message,
		qr/^could not call AssumeRole of AWS STS: AccessDenied$/,
		"profile $profile: message");
	like($result->detail, qr/is not authorized to perform: sts:AssumeRole/,
		"profile $profile: detail");
	is($watch->operations, 'AssumeRole', "profile $profile: and no other source");
}
my $result = run(get_sql('x'), %file, profile => 'malformed');
is($result->sqlstate, '22023', 'a malformed role: refused by STS');
like($result->detail, qr/no such role is invalid/, 'a malformed role: detail');

# STS is asked again if that may help, and its answer need not make sense.
$glue->misbehave(operation => 'AssumeRole', kind => 'flood', form => 'trailers');
$result = run(get_sql('x'), %file, profile => 'app');
is($result->sqlstate, '08006', 'STS floods: SQLSTATE');
like($result->detail, qr/headers of the answer are larger than 256 kB/,
	'STS floods: detail');
$glue->misbehave(operation => 'AssumeRole', kind => 'throttle', times => 2);
@requests = acts_as('STS throttles', session_of('app'), %file, profile => 'app');
is(operations(@requests),
	'AssumeRole AssumeRole AssumeRole GetCallerIdentity',
	'STS throttles: asked again');
foreach my $body (
	'', 'no XML', '<a>', "<AssumeRoleResponse/>",
	"<AssumeRoleResponse><AssumeRoleResult><Credentials>"
	. "<AccessKeyId>$word</AccessKeyId></Credentials></AssumeRoleResult>"
	. '</AssumeRoleResponse>')
{
	$glue->misbehave(
		operation => 'AssumeRole',
		kind => 'garbage',
		$body eq '' ? (form => 'empty') : (body => $body));
	$result = run(get_sql('x'), %file, profile => 'app');
	is($result->sqlstate, '08P01', "STS says '$body': SQLSTATE");
	like($result->message, qr/AssumeRole of AWS STS: malformed answer/,
		"STS says '$body': message");
	$glue->behave;
}

#
# Foreign servers and user mappings
#

$cluster->query(<<"SQL", settings => { log_statement => 'none' });
CREATE SERVER plain FOREIGN DATA WRAPPER glue_conn;
CREATE SERVER role FOREIGN DATA WRAPPER glue_conn
	OPTIONS (role_arn '@{[ role('server') ]}', external_id 'of-server');
CREATE SERVER nested FOREIGN DATA WRAPPER glue_conn
	OPTIONS (role_arn '@{[ role('server') ]}', profile 'app');
CREATE SERVER other FOREIGN DATA WRAPPER glue_conn
	OPTIONS (role_arn '@{[ role('server') ]}', external_id 'of-server');
CREATE SERVER other_id FOREIGN DATA WRAPPER glue_conn
	OPTIONS (role_arn '@{[ role('server') ]}', external_id 'of-server');
CREATE USER MAPPING FOR PUBLIC SERVER plain
	OPTIONS (access_key_id 'FILE', secret_access_key '$word/FILE',
		role_arn '@{[ role('mapping') ]}', external_id 'of-mapping');
CREATE USER MAPPING FOR PUBLIC SERVER other
	OPTIONS (role_arn '@{[ role('mapping') ]}');
CREATE USER MAPPING FOR PUBLIC SERVER other_id OPTIONS (external_id 'of-mapping');
SQL

sub who_by
{
	my ($server) = @_;

	return (sql => "SELECT account || ' ' || arn FROM glue_caller_identity('$server')");
}

with_environment(pair('ENV'));
foreach my $case (
	[ plain => 'mapping', 'FILE', 'of-mapping' ],
	[ role => 'server', 'ENV', 'of-server' ],
	[ other => 'mapping', 'ENV', undef ],
	[ other_id => 'server', 'ENV', 'of-mapping' ])
{
	my ($server, $role, $caller, $id) = @$case;

	@requests = acts_as("server $server", session_of($role), who_by($server));
	is(operations(@requests), 'AssumeRole GetCallerIdentity',
		"server $server: one role is assumed");
	is($requests[0]{access_key}, $caller, "server $server: as $caller");
	is(form($requests[0])->{ExternalId}, $id, "server $server: external ID");
}
@requests = acts_as('a server with a role after a profile\'s',
	session_of('server'), %file, who_by('nested'));
is(join(' ', map { form($_)->{RoleArn} } @requests[ 0, 1 ]),
	role('app') . ' ' . role('server'),
	'a server with a role after a profile\'s: in this order');
acts_as('credential_source Environment',
	session_of('environment'), %file, profile => 'environment');

#
# Web identities
#

my $token_file = write_file('token', $glue->web_identity . "\n");
my %web = (
	AWS_WEB_IDENTITY_TOKEN_FILE => $token_file,
	AWS_ROLE_ARN => role('web'));

with_environment(%web, AWS_ROLE_SESSION_NAME => 'pod');
@requests = acts_as('a web identity', session_of('web', 'pod'));
is(operations(@requests), 'AssumeRoleWithWebIdentity GetCallerIdentity',
	'a web identity: one call');
ok(!exists $requests[0]{headers}{authorization},
	'a web identity: which is not signed');
my $token = slurp_file($token_file) =~ s/\n//r;
is(form($requests[0])->{WebIdentityToken},
	$token, 'a web identity: the line break is not sent');

my $fresh = $glue->web_identity(subject => 'other');
write_file('token', $fresh);
@requests = acts_as('a replaced token', session_of('web', 'pod'));
is(form($requests[0])->{WebIdentityToken}, $fresh, 'a replaced token: is read');

write_file('token', $glue->web_identity(expires_in => -1));
$result = run(get_sql('x'));
is($result->sqlstate, '28000', 'an expired web identity: SQLSTATE');
like($result->message, qr/AssumeRoleWithWebIdentity of AWS STS: Expired/,
	'an expired web identity: message');
write_file('token', "$word.$word.$word");
$result = run(get_sql('x'));
like($result->message, qr/AssumeRoleWithWebIdentity of AWS STS: InvalidIdentityToken/,
	'a forged web identity: message');

my $web = qr/^could not get AWS credentials from a web identity$/;
foreach my $case (
	[ 'empty', '' ], [ 'has a line break inside', "$word\n$word" ],
	[ 'has a character that is not printable ASCII', "$word\x01" ],
	[ 'is too long', 'x' x 20001 ])
{
	my ($problem, $text) = @$case;

	write_file('token', $text);
	my (undef, @sent) = refused("a token that $problem",
		$web, qr/token file "\Q$token_file\E" .*$problem/);
	is(scalar @sent, 0, "a token that $problem: is not sent");
}
chmod 0, $token_file;
refused('a token file of others', $web,
	qr/"\Q$token_file\E" cannot be read: the server process has no permission\./);
unlink $token_file or die;
refused('no token file', $web, qr/"\Q$token_file\E" cannot be read/);
mkdir $token_file or die;
refused('a directory for a token file', $web, qr/"\Q$token_file\E" is not a regular file/);
rmdir $token_file or die;
with_environment(AWS_WEB_IDENTITY_TOKEN_FILE => $token_file);
refused('no role', $none, qr/AWS_WEB_IDENTITY_TOKEN_FILE.*AWS_ROLE_ARN/);

write_file('token', $glue->web_identity);
write_file('web', <<"CONFIG");
[profile web]
role_arn = @{[ role('profile-web') ]}
web_identity_token_file = $token_file
role_session_name = of-profile
duration_seconds = 7200
[profile after]
role_arn = @{[ role('after') ]}
source_profile = web
CONFIG
with_environment(%web);
my %web_file = (config_file => "$home/web");
@requests = acts_as('a web identity in a profile',
	session_of('profile-web', 'of-profile'),
	%web_file, profile => 'web');
is(form($requests[0])->{DurationSeconds},
	'7200', 'a web identity in a profile: as long as it says');
acts_as('a role after a web identity',
	session_of('after'), %web_file, profile => 'after');

#
# The order of the sources
#

my %container =
  (AWS_CONTAINER_CREDENTIALS_FULL_URI => $glue->metadata_url
	  . '/v1/credentials');
my $task = session_of('local-glue-task', 'i-0123456789abcdef0',
	'123456789012');
my %imds = (
	AWS_EC2_METADATA_DISABLED => 'false',
	AWS_EC2_METADATA_SERVICE_ENDPOINT => $glue->metadata_url . '/');
my $machine = session_of('local-glue-role', 'i-0123456789abcdef0',
	'123456789012');
write_file('token', $glue->web_identity);
my @sources = (
	[
		"$accounts{ENV} arn:aws:iam::$accounts{ENV}:user/ENV",
		{ pair('ENV') }
	],
	[ session_of('app'), { AWS_PROFILE => 'app', AWS_CONFIG_FILE => $config } ],
	[ session_of('web'), {%web} ],
	[ $task, {%container} ],
	[ $machine, {%imds} ]);
foreach my $first (0 .. $#sources)
{
	with_environment(map { %{ $_->[1] } } @sources[ $first .. $#sources ]);
	acts_as("source $first of those left", $sources[$first][0]);
}
with_environment(pair('ENV'), %web, %container, %imds);
acts_as('a profile by setting before all',
	session_of('app'), %file, profile => 'app');
refused('and after it there is nothing',
	$none, qr/^Profile "empty", which a setting names, has no credentials/,
	%file, profile => 'empty');
with_environment(
	AWS_PROFILE => 'empty', AWS_CONFIG_FILE => $config, %container);
acts_as('a profile that says nothing of credentials is passed over', $task);

# A source that is configured and fails: those after it are not asked.
my @failing = (
	[ 'half a pair', 'nobody', AWS_ACCESS_KEY_ID => 'ENV' ],
	[
		'a profile that is not there', 'nobody',
		AWS_PROFILE => 'missing', AWS_CONFIG_FILE => $config
	],
	[
		'a profile with a loop', 'nobody',
		AWS_PROFILE => 'loop1', AWS_CONFIG_FILE => $config
	],
	[
		'a profile that is denied', 'AssumeRole',
		AWS_PROFILE => 'denied', AWS_CONFIG_FILE => $config
	],
	[
		'a token that is not there', 'nobody',
		AWS_WEB_IDENTITY_TOKEN_FILE => "$home/missing",
		AWS_ROLE_ARN => role('web')
	],
	[
		'a container without an answer', 'nobody',
		AWS_CONTAINER_CREDENTIALS_FULL_URI => 'http://127.0.0.1:1/'
	]);
foreach my $case (@failing)
{
	my ($what, $asked, @variables) = @$case;

	# the last one is a container itself
	with_environment(%web, %container, %imds, @variables)
	  if $what !~ /container/;
	with_environment(%imds, @variables) if $what =~ /container/;
	my $watch = $cluster->watch;
	like(run(get_sql('x'))->sqlstate, qr/^(28000|42501)$/, "$what: an error");
	is($watch->operations || 'nobody', $asked, "$what: asked is $asked");
}

tells_no_secret();
$cluster->finish;
done_testing();
