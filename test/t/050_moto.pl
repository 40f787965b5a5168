# Copyright (c) 2026, glue_conn contributors
#
# The same tests against moto, an independent mock of AWS.
#
# moto checks signatures with botocore's own code, and permissions by IAM's
# rules.  Its received messages are compared with the input, and its rejections
# have a form that the real Glue does not use: XML, with status 403.  boto3,
# AWS's own SDK, reads the connections that we wrote.
#
# There are two of them: one with TLS and two users, and one without TLS and
# with an assumed role.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Moto;
use IPC::Open3;
use JSON::PP;
use Test::More;

# Have Python run a program with these arguments, and return the JSON that it
# prints.
sub python
{
	my ($program, @arguments) = @_;

	open my $pipe, '-|', $ENV{GLUE_CONN_PYTHON}, '-c', $program, @arguments
	  or die "python: $!";
	local $/;
	my $output = <$pipe>;
	close $pipe or die 'python failed';
	return decode_json($output);
}

# moto's connections: the inputs in their original form
my $received = <<'PYTHON';
import json, ssl, sys, urllib.request
url, ca_file = sys.argv[1:]
context = ssl.create_default_context(cafile=ca_file) if ca_file else None
with urllib.request.urlopen(url + "/moto-api/data.json", context=context) as f:
    data = json.load(f)
print(json.dumps({connection["name"]: connection["connection_input"]
                  for connection in data["glue"]["FakeConnection"]}))
PYTHON

# boto3's result: a connection and its tags
my $boto3 = <<'PYTHON';
import json, os, sys, boto3
url, ca_file, region, account, name = sys.argv[1:]
glue = boto3.client("glue", endpoint_url=url, region_name=region,
                    verify=ca_file or None)
arn = f"arn:aws:glue:{region}:{account}:connection/{name}"
print(json.dumps({
    "connection": glue.get_connection(Name=name)["Connection"],
    "tags": glue.get_tags(ResourceArn=arn)["Tags"]}, default=str))
PYTHON

#
# TLS, and a user's keys
#

my $moto = GlueConn::Moto->new->start;
my $able = $moto->environment;
my $cluster = GlueConn::Cluster->start(
	conf => $moto->settings,
	environment => { %$able, AWS_ENDPOINT_URL_STS => $moto->url });
my @where = ($moto->url, $moto->ca_file);
my $session = $cluster->session;

my $input = everything("caf\x{e9} \x{1f511}");
my %tags = (team => 'data', "\x{e9}" => "\x{1f511}", empty => '');
my $result = $session->query(create_sql($input, tags => \%tags));
is($result->output, 'READY', 'moto creates a connection')
  or diag($result->text);
is_deeply(python($received, @where)->{ $input->{Name} },
	$input, 'of the requested input');
is($cluster->row($input->{Name})->{region},
	$moto->region, 'and it is recorded');

my $named = jdbc('named');
$session->must(create_sql($named, tags => \%tags));
my $seen = do
{
	local %ENV = (%ENV, %$able);
	python($boto3, @where, $moto->region, $moto->account, 'named');
};
is_deeply(
	$seen->{connection}{ConnectionProperties},
	$named->{ConnectionProperties},
	'boto3 reads the connection');
is_deeply($seen->{tags}, \%tags, 'and its tags');

my $read = json_value($session->must(get_sql('named'))->output);
is($read->{Name}, 'named', 'we read it');
my %without = %{ $named->{ConnectionProperties} };
delete $without{PASSWORD};
is_deeply($read->{ConnectionProperties}, \%without, 'without the password');

unlike($session->must('SELECT glue_get_connections()')->output, qr/Secret-/,
	'a list neither');
is($session->must('SELECT count(*) FROM glue_get_connections()')->output,
	$session->must('SELECT count(*) FROM glue_connection')->output,
	'moto lists the created connections');

# Moto never returns some members, and that is all the drift there is.
is( $session->must('SELECT string_agg(DISTINCT member, \' \' ORDER BY member)'
		  . " FROM (SELECT split_part(path, '.', 2) FROM glue_connection_drift()) AS d (member)")
	  ->output,
	'AuthenticationConfiguration ConnectionType MatchCriteria',
	'only members that moto does not return drift');

# The account in the ARN is that of moto's STS.
$session->must(q{SELECT glue_tag_connection('named', '{"more": "\u00e9"}')});
$session->must(q{SELECT glue_untag_connection('named', '{empty,team}')});
my %changed = ("\x{e9}" => "\x{1f511}", more => "\x{e9}");
is_deeply(
	json_value(
		$session->must("SELECT glue_get_connection_tags('named')")->output),
	\%changed, 'moto adds and removes tags');
is_deeply($cluster->row('named')->{tags}, \%changed, 'as is recorded');

$result = $session->query(create_sql(jdbc('named')));
is($result->sqlstate, '42710', 'an existing one is not created');
like($result->detail, qr/HTTP status 400 and request ID \S+: .*already exists/,
	'moto says');
$result = $session->query(get_sql('none'));
is($result->sqlstate, '42704', 'a missing one is not read');
like($result->detail, qr/Connection none not found/, 'moto says');
$session->quit;

# Moto computes the signature again, so all inputs of it must be right:
# characters of all kinds, and sizes.
$session = $cluster->session;
foreach my $case (
	[ 'spaces  and	tabs', Description => "  two  spaces\tand\n lines  " ],
	[ '%2F/+=&?', Description => '%41 + /../ \\ "' ],
	[ 'large', SparkProperties => { map { ("k$_" => 'v' x 1000) } 1 .. 200 } ],
	[ 'small', MatchCriteria => [] ])
{
	my ($name, %members) = @$case;

	is($session->query(create_sql(jdbc($name, %members)))->output,
		'READY', "signed: $name");
}
$session->quit;

#
# Refusals
#

# Have a call refused by moto; returns the result.
sub refused
{
	my ($case, $environment, $sqlstate, $code) = @_;

	$cluster->restart(%$environment);
	my $before = python($received, @where);
	my $result = $cluster->query(create_sql(jdbc('refused')));

	is($result->sqlstate, $sqlstate, "$case: SQLSTATE");
	like($result->message, qr/"refused": $code$/, "$case: message");
	like($result->detail, qr/HTTP status 403.*: ./, "$case: detail");
	isnt($result->hint, '', "$case: hint");
	is_deeply(python($received, @where), $before, "$case: nothing is created");
	is($cluster->row('refused'), undef, "$case: nothing is recorded");
	return $result;
}

$result =
  refused('a user without rights', $moto->environment('powerless'),
	'42501', 'AccessDenied');
like($result->detail,
	qr/user\/powerless is not authorized to perform: glue:CreateConnection/,
	'moto names the user and the action');
refused(
	'a wrong secret',
	{ %$able, AWS_SECRET_ACCESS_KEY => 'x' x 40 },
	'28000', 'SignatureDoesNotMatch');
refused(
	'an unknown key',
	{ %$able, AWS_ACCESS_KEY_ID => 'AKIAUNKNOWN' },
	'28000', 'InvalidClientTokenId');
refused(
	'a token that does not belong to the key',
	{ %$able, AWS_SESSION_TOKEN => 'x' x 100 },
	'28000', 'InvalidClientTokenId');

$cluster->restart(%$able);
is($cluster->query(create_sql(jdbc('refused')))->output,
	'READY', 'with the right key the same call succeeds');
$moto->stop;

#
# No TLS, and a role's keys
#

# The first three messages are not checked: those that make the role.
my $role = <<'PYTHON';
import json, sys, boto3
url, region = sys.argv[1:]
keys = dict(endpoint_url=url, region_name=region, aws_access_key_id="none",
            aws_secret_access_key="none")
iam = boto3.client("iam", **keys)
role = iam.create_role(RoleName="glue", AssumeRolePolicyDocument="{}")
policy = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "glue:*", "Resource": "*"}]}
iam.put_role_policy(RoleName="glue", PolicyName="glue",
                    PolicyDocument=json.dumps(policy))
credentials = boto3.client("sts", **keys).assume_role(
    RoleArn=role["Role"]["Arn"], RoleSessionName="glue_conn")["Credentials"]
print(json.dumps({
    "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
    "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
    "AWS_SESSION_TOKEN": credentials["SessionToken"]}))
PYTHON

# moto chooses a port, and prints it among other output.  Should this
# script be killed, moto ends with its next output.
my ($pid, $output);
{
	local %ENV = (%ENV, INITIAL_NO_AUTH_ACTION_COUNT => 3);
	$pid = open3(my $stdin, $output, undef, $ENV{GLUE_CONN_PYTHON},
		qw(-u -m moto.server -H 127.0.0.1 -p 0));
}
END { kill 'TERM', $pid if $pid; }

my $url;
while (!$url && defined(my $line = <$output>))
{
	($url) = $line =~ m{Running on (http://127\.0\.0\.1:\d+)};
}
die 'moto did not start' if !$url;

my $assumed = python($role, $url, $moto->region);
$cluster->restart(%$assumed);
my %plain = (settings => { 'glue_conn.endpoint_url' => $url });
is($cluster->query(create_sql(jdbc('by role')), %plain)->output,
	'READY', 'a role creates a connection, without TLS');
is_deeply(
	python($received, $url, '')->{'by role'},
	jdbc('by role'),
	'of the requested input');

@where = ($url, '');
foreach my $change (
	[ 'a role without its token', AWS_SESSION_TOKEN => '' ],
	[ 'a role with another token', AWS_SESSION_TOKEN => 'x' x 100 ])
{
	my ($case, %variables) = @$change;

	$cluster->restart(%$assumed, %variables);
	my $result = $cluster->query(create_sql(jdbc('refused')), %plain);
	is($result->sqlstate, '28000', $case);
	like($result->message, qr/: InvalidClientTokenId$/, 'is not known');
}

kill 'TERM', $pid;
waitpid $pid, 0;
undef $pid;
$cluster->finish;
done_testing();
