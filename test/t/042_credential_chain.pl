# Copyright (c) 2026, glue_conn contributors
#
# Credentials that somebody has to be asked for: roles, web identities,
# containers and instances.
#
# The journal of the local Glue tells who was asked, what for and in which
# order, and glue_caller_identity() as whom we act in the end.  In every call
# the server logs and sends messages of all levels; in the end all of that is
# searched for each secret that was handed out.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $word = 'SeCrEtWoRd';
my $home = PostgreSQL::Test::Utils::tempdir();
my $cluster = GlueConn::Cluster->start(environment => { HOME => $home });
my $glue = $cluster->glue;
my $config = "$home/config";
my $said = '';

# Keys that the local Glue knows, each of an account of its own.
my %accounts = (ENV => '100000000001', FILE => '100000000002');
foreach my $caller (sort keys %accounts)
{
	$glue->add_credentials(
		access_key => $caller,
		secret_key => "$word/$caller",
		account => $accounts{$caller},
		arn => "arn:aws:iam::$accounts{$caller}:user/$caller");
}

sub pair
{
	my ($caller) = @_;

	return (
		AWS_ACCESS_KEY_ID => $caller,
		AWS_SECRET_ACCESS_KEY => "$word/$caller");
}

sub keys_of
{
	my ($caller) = @_;

	return "aws_access_key_id = $caller\n"
	  . "aws_secret_access_key = $word/$caller\n";
}

sub role
{
	my ($name, $account) = @_;

	return 'arn:aws:iam::' . ($account // '200000000000') . ":role/$name";
}

# What glue_caller_identity() says of a session of such a role
sub session_of
{
	my ($name, $session, $account) = @_;

	$account //= '200000000000';
	return "$account arn:aws:sts::$account:assumed-role/$name/"
	  . ($session // 'glue_conn');
}

sub write_file
{
	my ($name, $text) = @_;

	open my $file, '>', "$home/$name" or die "$home/$name: $!";
	print $file $text;
	close $file;
	return "$home/$name";
}

# Restart the server with these variables.
sub with_environment
{
	my (%variables) = @_;

	$cluster->restart(HOME => $home, %variables);
}

# Run a statement in a new backend, which knows no credentials yet.
sub run
{
	my ($sql, %settings) = @_;
	my %all = (
		log_min_messages => 'debug5',
		client_min_messages => 'debug5',
		map { ("glue_conn.$_" => $settings{$_}) } keys %settings);
	my $result = $cluster->query($sql, settings => \%all);

	$said .= $result->output . "\n" . $result->text . "\n";
	return $result;
}

my $who = q{SELECT account || ' ' || arn FROM glue_caller_identity()};

# Ask AWS who we are; returns the requests that this took.
sub acts_as
{
	my ($case, $identity, %settings) = @_;
	my $watch = $cluster->watch;
	my $result = run($settings{sql} // $who, %settings{ grep { $_ ne 'sql' }
			  keys %settings });

	is($result->output, $identity, "$case: acts as that");
	diag($result->text) if $result->output ne $identity;
	return $watch->requests;
}

# Make a call for which there are no credentials; returns the result and the
# requests that were made in vain.
sub refused
{
	my ($case, $message, $detail, %settings) = @_;
	my $watch = $cluster->watch;
	my $result = run(get_sql('x'), %settings);

	is($result->sqlstate, '28000', "$case: SQLSTATE");
	like($result->message, $message, "$case: message");
	like($result->detail, $detail, "$case: detail");
	is($watch->sent('GetConnection'), 0, "$case: AWS Glue was not called");
	return ($result, $watch->requests);
}

sub operations { return join ' ', map { $_->{operation} } @_; }

# The parameters of a call of STS
sub form
{
	my ($request) = @_;
	my %form = map { s/%(..)/chr hex $1/ger } map { split /=/, $_, 2 }
	  split /&/, $request->{body};

	return \%form;
}

my $none = qr/^could not find AWS credentials$/;

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
	'a role: nothing is asked for that nobody said');
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

@requests = acts_as('what a role asks for',
	session_of('asked', 'me@host'),
	%file, profile => 'asked');
is_deeply(
	[ @{ form($requests[0]) }{qw(ExternalId RoleSessionName DurationSeconds)} ],
	[ 'an+id:1', 'me@host', '1800' ],
	'what a role asks for: is what STS gets');

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
	instance => qr/^Profile "instance" .*switched off/);
foreach my $profile (sort keys %refused)
{
	my (undef, @sent) = refused("profile $profile", $none,
		$refused{$profile}, %file, profile => $profile);
	is(scalar @sent, 0, "profile $profile: nobody was asked");
}

# What STS refuses is no reason to act as somebody else.
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
	is($watch->operations, 'AssumeRole', "profile $profile: and that is all");
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

	return (sql => $who =~ s/\(\)/('$server')/r);
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
unlink $token_file or die;
refused('no token file', $web, qr/"\Q$token_file\E" cannot be read/);
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
# Containers
#

my $task = session_of('local-glue-task', 'i-0123456789abcdef0',
	'123456789012');
my %container =
  (AWS_CONTAINER_CREDENTIALS_FULL_URI => $glue->metadata_url
	  . '/v1/credentials');
my $container = qr/^could not get AWS credentials from the container$/;

with_environment(%container);
@requests = acts_as('a container', $task);
is(operations(@requests), 'Metadata.ContainerCredentials GetCallerIdentity',
	'a container: is asked once');
acts_as('credential_source EcsContainer',
	session_of('container'), %file, profile => 'container');
$glue->set(container_token => "Bearer $word");
refused('no token for the container', $container, qr/HTTP status 401/);

with_environment(%container,
	AWS_CONTAINER_AUTHORIZATION_TOKEN => "Bearer $word");
acts_as('a token for the container', $task);
write_file('token', "Bearer $word\n");
with_environment(
	%container,
	AWS_CONTAINER_AUTHORIZATION_TOKEN => "$word",
	AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE => $token_file);
acts_as('a token file for the container', $task);
$glue->set(container_token => "Bearer 2$word");
(undef, @requests) =
  refused('a wrong token', $container, qr/HTTP status 401/);
is(scalar @requests, 1, 'a wrong token: is sent once');
write_file('token', "Bearer 2$word");
acts_as('a replaced token file', $task);
write_file('token', "Bearer $word\r\nX-Evil: $word");
(undef, @requests) =
  refused('a token with a line break', $container, qr/line break/);
is(scalar @requests, 0, 'a token with a line break: is not sent');
unlink $token_file or die;
refused('no token file for the container', $container, qr/cannot be read/);
$glue->set(container_token => '');

# Only hosts that nobody else can be get a token over plain http.
foreach my $uri (
	'http://169.254.170.3/x', 'http://127.0.0.1.evil.example/x',
	'http://localhost.evil.example/x', 'http://0177.0.0.1/x',
	'http://10.0.0.1/x', 'http://user@127.0.0.1/x', 'ftp://127.0.0.1/x',
	'127.0.0.1', 'http://[::2]/x', 'http://127.0.0.1 /x')
{
	with_environment(
		AWS_CONTAINER_CREDENTIALS_FULL_URI => $uri,
		AWS_CONTAINER_AUTHORIZATION_TOKEN => $word);
	refused($uri, $none, qr/^AWS_CONTAINER_CREDENTIALS_FULL_URI must /);
}
with_environment(
	AWS_CONTAINER_CREDENTIALS_RELATIVE_URI => '.evil.example/',
	%container);
refused('a relative URI without a slash',
	$none, qr/^AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with/);
with_environment(
	AWS_CONTAINER_CREDENTIALS_FULL_URI => 'http://127.0.0.1:1/x');
refused('nobody listens', $container,
	qr/credentials endpoint of the container did not answer .*[Cc]on/);

with_environment(%container);
my %of_container = (operation => 'Metadata.ContainerCredentials');
$glue->misbehave(%of_container, kind => 'error', status => 500, times => 3);
@requests = acts_as('a container in trouble', $task);
is(scalar @requests, 5, 'a container in trouble: is asked four times');
$glue->misbehave(%of_container, kind => 'lost-before');
acts_as('a container that drops the connection', $task);
$glue->misbehave(%of_container, kind => 'redirect', location => '/v2/credentials/x');
(undef, @requests) =
  refused('a container that redirects', $container, qr/HTTP status 302/);
is(scalar @requests, 1, 'a container that redirects: is not followed');

$glue->misbehave(%of_container, kind => 'flood', form => 'trailers', times => 0);
refused('a container that floods', $container, qr/headers of the answer are larger than 256 kB/);
$glue->behave;

my %malformed = (
	'no JSON' => [ $word, qr/not a JSON object/ ],
	'no object' => [ "[\"$word\"]", qr/not a JSON object/ ],
	'no key' => [ "{\"SecretAccessKey\": \"$word\"}", qr/"AccessKeyId"/ ],
	'no secret' => [ '{"AccessKeyId": "A"}', qr/"SecretAccessKey"/ ],
	'a line break' => [
		"{\"AccessKeyId\": \"A\", \"SecretAccessKey\": \"$word\\nX\"}",
		qr/"SecretAccessKey".*line break/
	],
	'no expiration' => [
		"{\"AccessKeyId\": \"A\", \"SecretAccessKey\": \"$word\", \"Token\": \"$word\"}",
		qr/"Expiration"/
	],
	'a refusal' => [
		'{"Code": "AssumeRoleUnauthorizedAccess", "Message": "Ask the EC2 team."}',
		qr/AssumeRoleUnauthorizedAccess: Ask the EC2 team/
	]);
foreach my $case (sort keys %malformed)
{
	my ($body, $detail) = @{ $malformed{$case} };

	$glue->misbehave(%of_container, kind => 'garbage', body => $body);
	(undef, @requests) =
	  refused("a container, $case", $container, $detail);
	is(scalar @requests, 1, "a container, $case: is asked once");
}
$glue->set(metadata_expires_in => -60);
refused('expired credentials of a container', $container, qr/expired at/);
$glue->set(metadata_expires_in => 21600);

#
# Instances
#

my %imds = (
	AWS_EC2_METADATA_DISABLED => 'false',
	AWS_EC2_METADATA_SERVICE_ENDPOINT => $glue->metadata_url . '/');
my $instance =
  qr/^could not get AWS credentials from the instance metadata service$/;
my $machine = session_of('local-glue-role', 'i-0123456789abcdef0',
	'123456789012');
my @steps =
  qw(Metadata.Token Metadata.Roles Metadata.RoleCredentials GetCallerIdentity);

with_environment(%imds);
@requests = acts_as('an instance', $machine);
is(operations(@requests), "@steps", 'an instance: the three steps of IMDSv2');
is($requests[0]{method}, 'PUT', 'an instance: a session is opened');
is( $requests[0]{headers}{'x-aws-ec2-metadata-token-ttl-seconds'},
	'21600', 'an instance: for six hours');
ok(!exists $requests[0]{headers}{'x-forwarded-for'},
	'an instance: nothing tells of a proxy');
like($requests[1]{headers}{'x-aws-ec2-metadata-token'},
	qr/^\S{50,}$/, 'an instance: its token is used');
acts_as('credential_source Ec2InstanceMetadata',
	session_of('instance'), %file, profile => 'instance');

# The proxy that is configured leads nowhere: Glue is called through it, but
# not the metadata service.
my $watch = $cluster->watch;
$result = run(get_sql('x'), proxy => 'http://127.0.0.1:1');
is($result->sqlstate, '08001', 'a proxy: AWS is not reached');
is($watch->operations, "@steps[0 .. 2]", 'a proxy: the instance is');

# Trouble that passes
foreach my $case (
	[ 'Metadata.Token', 500 ], [ 'Metadata.Roles', 503 ],
	[ 'Metadata.RoleCredentials', 500 ])
{
	my ($operation, $status) = @$case;

	$glue->misbehave(
		operation => $operation, kind => 'error',
		status => $status, times => 2);
	@requests = acts_as("$operation, $status", $machine);
	is(scalar(grep { $_->{operation} eq $operation } @requests),
		3, "$operation, $status: asked three times");
	$glue->misbehave(operation => $operation, kind => 'error',
		status => $status, times => 0);
	(undef, @requests) = refused("$operation, $status for ever",
		$instance, qr/HTTP status $status/);
	is(scalar(grep { $_->{operation} eq $operation } @requests),
		3, "$operation, $status for ever: asked three times");
	$glue->behave;
}
foreach my $operation (qw(Metadata.Roles Metadata.RoleCredentials))
{
	$glue->misbehave(operation => $operation, kind => 'error', status => 401);
	@requests = acts_as("$operation, 401", $machine);
	is(scalar(grep { $_->{operation} eq 'Metadata.Token' } @requests),
		2, "$operation, 401: another session is opened");
	$glue->misbehave(operation => $operation, kind => 'error',
		status => 401, times => 0);
	(undef, @requests) = refused("$operation, 401 for ever",
		$instance, qr/HTTP status 401/);
	is(scalar(grep { $_->{operation} eq 'Metadata.Token' } @requests),
		2, "$operation, 401 for ever: but not for ever");
	$glue->behave;
}

# Trouble that stays: IMDS is not tried without a session, and not elsewhere.
foreach my $status (400, 403, 404, 405)
{
	$glue->misbehave(operation => 'Metadata.Token', kind => 'error',
		status => $status);
	(undef, @requests) = refused("no session, $status",
		$instance, qr/HTTP status $status/);
	is(operations(@requests), 'Metadata.Token', "no session, $status: once");
}
foreach my $operation (@steps[ 0 .. 2 ])
{
	$glue->misbehave(operation => $operation, kind => 'redirect',
		location => $glue->metadata_url . '/v1/credentials');
	(undef, @requests) =
	  refused("$operation redirects", $instance, qr/HTTP status 302/);
	is($requests[-1]{operation}, $operation,
		"$operation redirects: is not followed");
}
foreach my $operation (@steps[ 0 .. 2 ])
{
	$glue->misbehave(operation => $operation, kind => 'flood',
		form => 'trailers', times => 0);
	refused("$operation floods", $instance,
		qr/headers of the answer are larger than 256 kB/);
	$glue->behave;
}
foreach my $case (
	[ 'Metadata.Token', "a\nb", qr/no session token/ ],
	[ 'Metadata.Roles', '../../../v1/credentials', qr/named no role/ ],
	[ 'Metadata.Roles', '<html>', qr/named no role/ ],
	[ 'Metadata.RoleCredentials', $word, qr/not a JSON object/ ],
	[
		'Metadata.RoleCredentials',
		'{"Code": "Failed", "Message": "No."}',
		qr/Failed: No\./
	])
{
	my ($operation, $body, $detail) = @$case;

	$glue->misbehave(operation => $operation, kind => 'garbage',
		body => $body);
	refused("$operation says '$body'", $instance, $detail);
}

# AWS may go on accepting what has expired, if the service is in trouble.
$glue->set(metadata_expires_in => -60);
$watch = $cluster->watch;
$result = run(get_sql('x'));
like($result->message, qr/: ExpiredTokenException$/,
	'expired credentials of an instance: AWS decides');
is( $watch->operations,
	join(' ', (@steps[ 0 .. 2 ], 'GetConnection') x 2),
	'expired credentials of an instance: others are asked for once');
$glue->set(metadata_expires_in => 21600);

# Where there is nothing to be had
my $nothing = qr/no keys in the environment.*no credentials in profile "default"/;
$glue->set(metadata_role => '');
($result) = refused('an instance without a role',
	$none, qr/$nothing.*the instance has no role/);
like($result->hint, qr/AWS_ACCESS_KEY_ID/,
	'an instance without a role: the hint says what would help');
refused('which a profile names', $instance, qr/the instance has no role/,
	%file, profile => 'instance');
$glue->set(metadata_role => 'local-glue-role');

with_environment(%imds,
	AWS_EC2_METADATA_SERVICE_ENDPOINT => 'http://127.0.0.1:1');
refused('no instance', $none, qr/$nothing.*there is no instance metadata service/);
refused('no instance, which a profile names', $instance,
	qr/there is no instance metadata service/, %file, profile => 'instance');

with_environment(
	%imds,
	AWS_METADATA_SERVICE_TIMEOUT => '1',
	AWS_METADATA_SERVICE_NUM_ATTEMPTS => '2');
$glue->misbehave(operation => 'Metadata.Token', kind => 'stall', times => 0);
my $started = time;
(undef, @requests) = refused('an instance that stalls', $instance, qr/timeout/);
cmp_ok(time - $started, '<', 4, 'an instance that stalls: two seconds');
is(scalar @requests, 2, 'an instance that stalls: two attempts');
$glue->behave;

with_environment(%imds, AWS_EC2_METADATA_DISABLED => 'True');
(undef, @requests) = refused('switched off', $none, qr/switched off/);
is(scalar @requests, 0, 'switched off: is not asked');
foreach my $case (
	[ AWS_EC2_METADATA_DISABLED => '1', qr/"true" or "false"/ ],
	[ AWS_METADATA_SERVICE_TIMEOUT => 'soon', qr/whole number from 1 to 60/ ],
	[ AWS_METADATA_SERVICE_NUM_ATTEMPTS => '0', qr/whole number from 1 to 20/ ],
	[ AWS_EC2_METADATA_SERVICE_ENDPOINT => 'nowhere', qr/must have the form/ ])
{
	my ($variable, $value, $detail) = @$case;

	with_environment(%imds, $variable => $value);
	refused("$variable = $value", $none, qr/^$variable must .*$detail|^$variable $detail/);
}
with_environment(
	AWS_EC2_METADATA_DISABLED => 'false',
	AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE => 'IPv5');
refused('a mode that is none', $none,
	qr/^AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be "IPv4" or "IPv6"/);

#
# The order of the sources
#

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
	$watch = $cluster->watch;
	like(run(get_sql('x'))->sqlstate, qr/^(28000|42501)$/, "$what: an error");
	is($watch->operations || 'nobody', $asked, "$what: asked is $asked");
}

#
# No secret came out
#

my %secrets = map { ($_->{secret_key} => 1, $_->{token} => 1) }
  $glue->credentials;
foreach my $request ($glue->requests)
{
	$secrets{ $request->{headers}{'x-aws-ec2-metadata-token'} // '' } = 1;
	$secrets{ form($request)->{WebIdentityToken} // '' } = 1
	  if $request->{operation} eq 'AssumeRoleWithWebIdentity';
}
delete $secrets{''};
cmp_ok(scalar keys %secrets, '>', 100, 'many secrets were handed out');
foreach my $place ([ psql => $said ], [ log => slurp_file($cluster->node->logfile) ])
{
	my ($name, $text) = @$place;
	my @found = grep { index($text, $_) >= 0 } sort keys %secrets;

	is("@found", '', "none of them in what came from $name");
	like($text, qr/could not get AWS credentials from the container/,
		"which is all of $name");
	unlike($text, qr/$word/, "nor any other in $name") if $name eq 'psql';
}

$cluster->finish;
done_testing();
