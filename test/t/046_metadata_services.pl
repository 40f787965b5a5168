# Copyright (c) 2026, glue_conn contributors
#
# Credentials of a container or an instance: the messages to its metadata
# service, and the handling of its answers, and of none.
#
# 042_credential_chain.pl tests the server's messages, and that they have no
# secrets.

use strict;
use warnings;

use GlueConn::Callers;
use GlueConn::Inputs;
use Test::More;
use Time::HiRes qw(time);

my $cluster = start_with_callers();
my $glue = $cluster->glue;
my $token_file = "$home/token";
my %file = (config_file => write_file('config', <<"CONFIG"));
[profile container]
role_arn = @{[ role('container') ]}
credential_source = EcsContainer
[profile instance]
role_arn = @{[ role('instance') ]}
credential_source = Ec2InstanceMetadata
CONFIG

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
my @requests = acts_as('a container', $task);
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
refused('no listener', $container,
	qr/credentials endpoint of the container did not answer .*[Cc]on/);

with_environment(%container);
my %of_container = (operation => 'Metadata.ContainerCredentials');
$glue->misbehave(%of_container, kind => 'error', status => 500, times => 3);
@requests = acts_as('a failing container', $task);
is(scalar @requests, 5, 'a failing container: is asked four times');
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
	'an instance: no sign of a proxy');
like($requests[1]{headers}{'x-aws-ec2-metadata-token'},
	qr/^\S{50,}$/, 'an instance: its token is used');
acts_as('credential_source Ec2InstanceMetadata',
	session_of('instance'), %file, profile => 'instance');

# The proxy that is configured leads nowhere: Glue is called through it, but
# not the metadata service.
my $watch = $cluster->watch;
my $result = run(get_sql('x'), proxy => 'http://127.0.0.1:1');
is($result->sqlstate, '08001', 'a proxy: AWS is not reached');
is($watch->operations, "@steps[0 .. 2]", 'a proxy: the instance is');

# Transient failures
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

# Permanent failures: IMDS is not used without a session, and no other source
# is.  A service that opens no sessions may be another cloud's.
foreach my $status (400, 403, 404, 405)
{
	$glue->misbehave(operation => 'Metadata.Token', kind => 'error',
		status => $status);
	(undef, @requests) = refused("no session, $status",
		$status == 400 ? ($instance, qr/HTTP status 400/) :
		  ($none,
			qr/not that of Amazon EC2 \(HTTP status $status\)/));
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

# AWS may continue to accept expired credentials while the service is
# unavailable.
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
	'an instance without a role: the hint names a remedy');
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
(undef, @requests) = refused('switched off', $none, qr/is disabled/);
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

tells_no_secret();
$cluster->finish;
done_testing();
