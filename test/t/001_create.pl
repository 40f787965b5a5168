# Copyright (c) 2026, glue_conn contributors
#
# The main function: a connection is created over TLS, and the database records
# AWS's state.
#
# For an input with every possible member, three results are compared with the
# input: the connection in the local Glue, with the secrets; the row of
# glue_connection, without them; and the result of glue_get_connection(), even
# from a Glue that does not hide passwords.  Then come the other arguments and
# the other states of a new connection.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use JSON::PP;
use Storable qw(dclone);
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

# The same with the secrets replaced.  One map is secret as a whole.
sub redacted
{
	my ($value) = @_;

	if (ref $value eq 'HASH')
	{
		return {
			map {
				$_ => $_ eq 'CustomAuthenticationCredentials'
				  ? '********'
				  : redacted($value->{$_})
			} keys %$value
		};
	}
	return [ map { redacted($_) } @$value ] if ref $value eq 'ARRAY';
	return $value if ref $value;
	return $value =~ /Secret-/ ? '********' : $value;
}

# Nothing may reach AWS when a call is refused here.
sub refused
{
	my ($what, $sql, $sqlstate, $message) = @_;
	my $watch = $cluster->watch;
	my $result = $session->query($sql);

	is($result->sqlstate, $sqlstate, "$what: SQLSTATE");
	like($result->message, $message, "$what: message");
	is($watch->sent, 0, "$what: nothing was sent");
	return $result;
}

#
# Every member
#

my $sent = everything('all');
my $input = dclone($sent);
$input->{ConnectionProperties}{JDBC_ENFORCE_SSL} = JSON::PP::true;
$input->{ConnectionProperties}{SKIP_CUSTOM_JDBC_CERT_VALIDATION} =
  JSON::PP::false;
$input->{SparkProperties}{fetchsize} = 1000;
$input->{PythonProperties}{pool} = 5;
$input->{PythonProperties}{ratio} = 0.25;
$sent->{PythonProperties}{ratio} = '0.25';
$input->{AthenaProperties}{long} = 12345678901234;
$sent->{AthenaProperties}{long} = '12345678901234';


# A number in Perl would lose digits.
my $input_text = json_text($input);
my @numbers = ('123456789012345678901234567890', '-0.5', '1.50',
	'0.1234567890123456789012345', '1' . '0' x 30);
$input_text =~ s/("fetchsize":1000)/
	join ',', $1, map { qq("n $_":$_) } @numbers/e;
$sent->{SparkProperties}{"n $_"} = $_ foreach @numbers;

my %tags = (team => 'data', "caf\x{e9}" => "\x{1f600}", empty => '');

my $watch = $cluster->watch;
my $result = $session->query(create_sql($input_text, tags => \%tags));
is($result->output, 'READY', 'the status is returned');
is($result->sqlstate, '00000', 'no error');
unlike($result->text, qr/Secret-/, 'no message has a secret');

is($watch->operations, 'CreateConnection', 'one message was sent');
is($watch->processed, 1, 'and carried out');
is($glue->created('all'), 1, 'the connection was created once');
my ($request) = $watch->requests;
like($request->{tls}, qr/^TLSv1\.[23]$/, 'by TLS');
is($request->{signature_ok}, JSON::PP::true, 'with a signature');

my $held = $glue->connection('all');
is_deeply($held->{definition}, $sent,
	'AWS has the definition, with booleans and numbers as strings');
is_deeply($held->{tags}, \%tags, 'and the tags');

my $row = $cluster->row('all');
my $shown = redacted($sent);
my %expected = (
	endpoint => $glue->url,
	region => 'us-east-1',
	catalog_id => '123456789012',
	name => 'all',
	arn => 'arn:aws:glue:us-east-1:123456789012:connection/all',
	connection_type => $sent->{ConnectionType},
	description => $sent->{Description},
	match_criteria => $sent->{MatchCriteria},
	connection_properties => $shown->{ConnectionProperties},
	spark_properties => $shown->{SparkProperties},
	athena_properties => $shown->{AthenaProperties},
	python_properties => $shown->{PythonProperties},
	physical_connection_requirements =>
	  $sent->{PhysicalConnectionRequirements},
	authentication_configuration => $shown->{AuthenticationConfiguration},
	validate_credentials => JSON::PP::false,
	validate_for_compute_environments =>
	  $sent->{ValidateForComputeEnvironments},
	tags => \%tags,
	status => 'READY',
	request_id => $request->{request_id},
	recorded_by => $session->must('SELECT current_user')->output,

	# these are not known before the connection is read
	map { $_ => undef }
	  qw(server status_reason connection_schema_version
	  creation_time last_updated_time last_updated_by
	  last_connection_validation_time));
my $recorded_at = delete $row->{recorded_at};
my $aws_recorded_at = delete $row->{aws_recorded_at};
like(delete $row->{secret_digest}, qr/^\\x[0-9a-f]{80}$/,
	'the row has a digest of the secrets');
is_deeply($row, \%expected, 'the row has the definition without secrets');
like($recorded_at, qr/^\d{4}-\d\d-\d\dT/, 'and says when it was written');
like($aws_recorded_at, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+/,
	'and when AWS has answered, by its clock');

#
# Reading
#

$glue->set(hide_password => 'none');
$watch = $cluster->watch;
$result = $session->query(get_sql('all'));
unlike($result->output, qr/Secret-/,
	'a Glue that hides no password does not make us show one');
my $read = json_value($result->output);
is_deeply(
	$read->{ConnectionProperties},
	$shown->{ConnectionProperties},
	'passwords that were returned are replaced');
is($read->{Status}, 'READY', 'the rest is as AWS returns it');
like($read->{CreationTime}, qr/^[0-9.]+$/, 'even the times');
($request) = $watch->requests('GetConnection');
is_deeply(
	json_value($request->{body}),
	{ Name => 'all', HidePassword => JSON::PP::true },
	'passwords are not asked for');
$glue->set(hide_password => 'all');

$result = $session->query(get_sql('none'));
is($result->sqlstate, '42704', 'there is no such connection');
like($result->message, qr/"none": EntityNotFoundException$/, 'by name');

#
# A connection that exists
#

my $before = $glue->state;
$row = $cluster->row('all');
$result = $session->query(create_sql(jdbc('all', Description => 'other')));
is($result->sqlstate, '42710', 'a connection that exists is an error');
is( $result->message,
	'could not create AWS Glue connection "all": AlreadyExistsException',
	'which names it');
is_deeply($glue->state, $before, 'and is left as it is');
is_deeply($cluster->row('all'), $row, 'and so is its row');

#
# Catalog and region
#

$result = $session->query(
	create_sql(jdbc('elsewhere'), catalog_id => '123456789012'));
is($result->output, 'READY', 'a catalog can be named');
$row = $cluster->row('elsewhere');
is($row->{catalog_id}, '123456789012', 'which is recorded');
is( $row->{arn},
	'arn:aws:glue:us-east-1:123456789012:connection/elsewhere',
	'and makes the ARN known');

my $china = $cluster->session(
	settings => { 'glue_conn.region' => 'cn-north-1' });
$china->must(create_sql(jdbc('all'), catalog_id => '123456789012'));
$china->quit;
is( $session->must(
		'SELECT arn FROM glue_connection'
		  . " WHERE name = 'all' AND region = 'cn-north-1'")->output,
	'arn:aws-cn:glue:cn-north-1:123456789012:connection/all',
	'the same name in another region is another connection');
is($session->must('SELECT count(*) FROM glue_connection')->output,
	3, 'with a row of its own');

#
# States
#

$result = $session->query(
	create_sql(jdbc('bad', Description =>
			  'local_glue: failed reason=Wrong password.')));
is($result->output, 'FAILED', 'a connection can exist and be unusable');
is($result->sqlstate, '00000', 'which is no error, since it exists');
my ($warning) = $result->messages('WARNING');
like($warning->{message}, qr/"bad" exists, but is not usable/,
	'but a warning');
like($warning->{hint}, qr/StatusReason/, 'that names the place of the reason');
is($cluster->row('bad')->{status}, 'FAILED', 'and is recorded');
is(json_value($session->must(get_sql('bad'))->output)->{StatusReason},
	'Wrong password.', 'the hint is right');

$result = $session->query(
	create_sql(jdbc('slow', Description =>
			  'local_glue: in-progress ready-after-reads=1')));
is($result->output, 'IN_PROGRESS', 'a connection may not be ready yet');
is($result->text, '', 'without a warning');
is($cluster->row('slow')->{status}, 'IN_PROGRESS', 'and is recorded');

$result = $session->query(
	create_sql({
		Name => 'network',
		ConnectionType => 'NETWORK',
		PhysicalConnectionRequirements => {
			SubnetId => 'subnet-0a1b2c3d',
			SecurityGroupIdList => ['sg-00000001'],
			AvailabilityZone => 'us-east-1a'
		}
	}));
is($result->output, 'READY', 'a type without properties needs none');
is($result->text, '', 'nor a warning');
is_deeply($cluster->row('network')->{connection_properties} // {},
	{}, 'and has none');

#
# A row is replaced when its connection is created anew
#

$glue->remove_connection('bad');
$session->must(create_sql(jdbc('bad', Description => 'better')));
$row = $cluster->row('bad');
is("$row->{status} $row->{description}",
	'READY better', 'a row has the latest creation');
is_deeply($row->{tags}, undef, 'and nothing of the earlier one');

#
# Arguments that are refused
#

$session->must('CREATE FOREIGN DATA WRAPPER other;'
	  . ' CREATE SERVER other FOREIGN DATA WRAPPER other');
refused('server that does not exist', create_sql(jdbc('x'), server => 'none'),
	'42704', qr/^server "none" does not exist$/);
refused('server of another wrapper', create_sql(jdbc('x'), server => 'other'),
	'42809', qr/"other" is not a server of glue_conn/);
refused('on_conflict nonsense', create_sql(jdbc('x'), on_conflict => 'ignore'),
	'22023', qr/invalid value for argument "on_conflict": "ignore"/);
refused('on_conflict null', create_sql(jdbc('x'), on_conflict => undef),
	'22023', qr/invalid value for argument "on_conflict"/);
is($session->query(create_sql(jdbc('x'), on_conflict => 'error'))->output,
	'READY', 'on_conflict error');

refused('no input', 'SELECT glue_create_connection(NULL)',
	'22023', qr/^connection input has/);
refused('invalid input', create_sql({ Name => '' }),
	'22023', qr/^connection input has/);
refused('invalid tags', create_sql(jdbc('y'), tags => { 'aws:x' => 'y' }),
	'22023', qr/^connection input has 1 error/);
refused('invalid catalog', create_sql(jdbc('y'), catalog_id => ''),
	'22023', qr/^connection input has 1 error/);
refused('an account of two digits', create_sql(jdbc('y'), catalog_id => '12'),
	'22023', qr/^connection input has 1 error/);
refused('no name to read', 'SELECT glue_get_connection(NULL)',
	'22023', qr/^connection name or catalog ID has 1 error/);

$result = refused(
	'everything at once',
	create_sql({ Name => '', Descripton => 'x', ConnectionType => 'JDBC' },
		tags => { 'aws:x' => 'y' }, catalog_id => ''),
	'22023', qr/^connection input has \d+ errors$/);
like($result->detail, qr/\$\.$_\b/, "the detail mentions $_")
  foreach qw(Name Descripton ConnectionProperties Tags CatalogId);

$session->quit;
$cluster->finish;
done_testing();
