# Copyright (c) 2026, glue_conn contributors
#
# The result of reading a connection can be used to update it.
#
# For every form of connection without secrets: get, update, and there is no
# difference.  This also holds if AWS adds members to an answer: defaults,
# empty members, a secret of its own.  Additions of another client are
# differences.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use GlueConn::Ways;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;
my $arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:x-AbCdEf';
my $role = 'arn:aws:iam::111122223333:role/glue';

sub drift
{
	return $session->must('SELECT name, change, path, message'
		  . ' FROM glue_connection_drift() ORDER BY name, path')->output;
}

sub synced
{
	return $session->must(
		'SELECT name, change FROM glue_sync_connections() ORDER BY 1')->output;
}

sub read_connection
{
	return json_value($session->must(get_sql($_[0]))->output);
}

# Type, ConnectionProperties, other members
my @forms = (
	[ 'JDBC', { JDBC_CONNECTION_URL => 'jdbc:mysql://h:1/d', SECRET_ID => 's' },
		Description => "two\nlines", MatchCriteria => [ 'b', 'a' ] ],
	[ 'JDBC', { JDBC_CONNECTION_URL => 'jdbc:mysql://h:1/d', SECRET_ID => $arn,
			JDBC_ENFORCE_SSL => 'true',
			SKIP_CUSTOM_JDBC_CERT_VALIDATION => 'false' },
		PhysicalConnectionRequirements => {
			SubnetId => 'subnet-0a1b2c3d', AvailabilityZone => 'us-east-1a',
			SecurityGroupIdList => [ 'sg-00000001', 'sg-00000002' ] } ],
	[ 'KAFKA', { KAFKA_BOOTSTRAP_SERVERS => 'b-1.example:9094',
			KAFKA_SASL_MECHANISM => 'AWS_MSK_IAM' } ],
	[ 'KAFKA', { KAFKA_BOOTSTRAP_SERVERS => 'b-1.example:9094',
			KAFKA_SSL_ENABLED => 'false', SECRET_ID => 's',
			KAFKA_SASL_MECHANISM => 'PLAIN' } ],
	[ 'MONGODB', { CONNECTION_URL => 'mongodb://h.example:27017/d',
			SECRET_ID => 's' } ],
	[ 'NETWORK', {}, PhysicalConnectionRequirements => {
			SubnetId => 'subnet-0a1b2c3d', AvailabilityZone => 'us-east-1a',
			SecurityGroupIdList => ['sg-00000001'] } ],
	[ 'CUSTOM', { CONNECTOR_URL => 's3://b/c.jar', CONNECTOR_TYPE => 'Jdbc',
			CONNECTOR_CLASS_NAME => 'com.example.Driver' },
		MatchCriteria => ['template-connection'] ],
	[ 'MARKETPLACE', { CONNECTOR_URL => 'https://example.com/c',
			CONNECTOR_TYPE => 'Jdbc', CONNECTION_URL => 'jdbc:x://h/d',
			CONNECTOR_CLASS_NAME => 'com.example.Driver' } ],
	[ 'SNOWFLAKE', { SparkProperties => '{"secretId": "s", "sfRole": "r",'
			  . ' "sfUrl": "x.snowflakecomputing.com"}' } ],
	[ 'OPENSEARCH', { SparkProperties => '{"secretId": "s",'
			  . ' "opensearch.nodes": "https://h.example",'
			  . ' "opensearch.port": "443"}' } ],
	[ 'MYSQL', { HOST => 'h.example', PORT => '3306', DATABASE => 'd',
			ROLE_ARN => $role },
		AuthenticationConfiguration => {
			AuthenticationType => 'BASIC', SecretArn => $arn },
		ValidateForComputeEnvironments => ['SPARK'] ],
	[ 'BIGQUERY', { PROJECT_ID => 'p', ROLE_ARN => $role },
		AuthenticationConfiguration => {
			AuthenticationType => 'CUSTOM', SecretArn => $arn,
			KmsKeyArn => 'arn:aws:kms:us-east-1:111122223333:key/1' } ],
	[ 'SALESFORCE', { INSTANCE_URL => 'https://x.example', ROLE_ARN => $role },
		AuthenticationConfiguration => {
			AuthenticationType => 'OAUTH2', SecretArn => $arn,
			OAuth2Properties => {
				OAuth2GrantType => 'JWT_BEARER',
				TokenUrl => 'https://login.example/token',
				OAuth2ClientApplication => {
					UserManagedClientApplicationClientId => 'client' } } } ],
	[ 'DYNAMODB', {}, AthenaProperties => {
			spill_bucket => 'b', lambda_function_arn => 'arn:aws:lambda:x' },
		SparkProperties => { fetchsize => '10' },
		PythonProperties => { pool => '5' } ],
	[ 'DOCUMENTDB', {}, AuthenticationConfiguration => {
			AuthenticationType => 'BASIC', SecretArn => $arn } ],
	[ 'VIEW_VALIDATION_ATHENA', { WORKGROUP_NAME => 'w' } ]);

# All of them, under names with their forms.
sub inputs
{
	my ($prefix) = @_;
	my $number = 0;

	return map {
		my ($type, $properties, %members) = @$_;
		{
			Name => sprintf('%s %02d %s', $prefix, ++$number, $type),
			ConnectionType => $type,
			ConnectionProperties => $properties,
			%members
		}
	} @forms;
}

my $answered = 'CompatibleComputeEnvironments|ConnectionSchemaVersion|'
  . 'CreationTime|LastUpdatedBy|LastUpdatedTime|Status';

foreach my $adds (JSON::PP::false, JSON::PP::true)
{
	my $case = $adds ? 'with additions' : 'plain';
	my @inputs = inputs($case);

	$glue->set(adds_members => $adds);
	$session->must(create_sql($_)) foreach @inputs;
	is(drift(), '', "$case: no drift after they were created");
	is(synced(), '', "$case: nothing to record");

	foreach my $input (@inputs)
	{
		my $name = $input->{Name};
		my $read = read_connection($name);
		my $result = $session->query('SELECT glue_update_connection('
			  . literal($name) . ', glue_get_connection(' . literal($name)
			  . '))');
		my @notices = $result->messages('NOTICE');

		is($result->sqlstate, '00000', "$name: is updated")
		  or diag($result->text);
		is(scalar @notices, 1, "$name: one notice");
		is($notices[0]{detail},
			'They are '
			  . join(', ', grep { /^($answered)$/ } sort keys %$read) . '.',
			"$name: which names the ignored members");
		my $now = read_connection($name);
		delete @$_{qw(LastUpdatedTime CompatibleComputeEnvironments)}
		  foreach $read, $now;
		is_deeply($now, $read, "$name: AWS's definition is unchanged");
	}
	is(drift(), '', "$case: no drift after they were updated");

	foreach my $input (@inputs)
	{
		my $result =
		  $session->query(create_sql($input, on_conflict => 'adopt'));
		is($result->output, 'READY', "$input->{Name}: is adopted")
		  or diag($result->text);
		$session->must('SELECT glue_enqueue_update_connection('
			  . literal($input->{Name}) . ', glue_get_connection('
			  . literal($input->{Name}) . '))');
	}
	work($session);
	is( $session->must("SELECT count(*) FROM glue_request"
			  . " WHERE operation = 'UpdateConnection'"
			  . " AND state <> 'succeeded'")->output,
		'0', "$case: and updated by the queue");
	is(drift(), '', "$case: no drift after that");

	# connections that were there before
	my $other = "$case of others";
	$glue->put_connection(input => { %{ $inputs[0] }, Name => $other });
	is(synced(), "$other|added", "$case: another is recorded");
	is(drift(), '', "$case: as it is");
	$session->must('SELECT glue_update_connection(' . literal($other)
		  . ', glue_get_connection(' . literal($other) . '))');
	is(drift(), '', "$case: and updated");
}

#
# Inputs that are still rejected
#

my $read = read_connection('plain 01 JDBC');
my $result = $session->query(
	update_sql({ %$read, Statsu => 'x', CreatedBy => 'me' }));
is($result->sqlstate, '22023', 'an unknown member is an error');
like($result->detail, qr/^\$\.Statsu [^\n]*\n\$\.CreatedBy [^\n]*$/,
	'which names no member of AWS');
is($session->query(create_sql({ %$read, Name => 'copy' }))->sqlstate,
	'22023', 'a read definition defines no other connection');
is($session->query(enqueue_create_sql({ %$read, Name => 'copy' }))->sqlstate,
	'22023', 'nor in the queue');
is( $session->query(create_sql($read, on_conflict => 'update'))->sqlstate,
	'22023', 'nor where a create may become an update');

make_source($session);
is($session->query(row_sql($read))->sqlstate,
	'22023', 'nor in a row, which also defines a creation');
$session->must('DROP TABLE source');

# A setting that lets unknown members pass does not let these pass.
my $lenient =
  $cluster->session(settings => { 'glue_conn.allow_unknown_members' => 'on' });
$lenient->must(update_sql($read));
is( (grep { /^($answered)$/ }
		keys %{ $glue->connection('plain 01 JDBC')->{definition} })[0],
	undef, 'members that AWS sets are not sent if unknown ones are');
$lenient->quit;

# A secret that nobody can read has to be given.
$session->must(create_sql(jdbc('password')));
$result = $session->query("SELECT glue_update_connection('password',"
	  . " glue_get_connection('password'))");
is($result->sqlstate, '22023', 'a password that is hidden is not lost');
like($result->detail, qr/PASSWORD/, 'which is said');
$glue->set(hide_password => 'none');
$result = $session->query("SELECT glue_update_connection('password',"
	  . " glue_get_connection('password'))");
is($result->sqlstate, '22023', 'nor its placeholder');
like($result->detail, qr/PASSWORD .*\(redacted\)/, 'which is said, too');
$glue->set(hide_password => 'all');
is( $session->query("SELECT glue_update_connection('password',"
		  . " jsonb_set(glue_get_connection('password'),"
		  . " '{ConnectionProperties,PASSWORD}', '\"Secret-New\"'))")->sqlstate,
	'00000', 'with the password, it is updated');
is($glue->connection('password')->{definition}{ConnectionProperties}{PASSWORD},
	'Secret-New', 'and has it');

# Credentials that AWS has put into a secret of its own are referred to.
my $inline = {
	Name => 'inline', ConnectionType => 'MYSQL',
	ConnectionProperties => { HOST => 'h.example', PORT => '3306',
		DATABASE => 'd', ROLE_ARN => $role },
	AuthenticationConfiguration => {
		AuthenticationType => 'BASIC',
		BasicAuthenticationCredentials =>
		  { Username => 'u', Password => 'Secret-Basic' } } };
$session->must(create_sql($inline));
is(drift(), '', 'a secret that AWS has made is no drift');
$session->must("SELECT glue_update_connection('inline',"
	  . " glue_get_connection('inline'))");
like(
	$glue->connection('inline')->{definition}{AuthenticationConfiguration}
	  {SecretArn},
	qr/^arn:/,
	'it is referred to in an update');
is(drift(), '', 'which is no drift either');

#
# Additions of other clients
#

# As the last one, for each: nothing else is different.
sub changed_by_others
{
	my ($index, $change) = @_;
	my $input = json_value(json_text((inputs('with additions'))[$index]));
	my $name = $input->{Name};

	$change->($input);
	$glue->put_connection(input => $input);
	my @paths = $session->must('SELECT path FROM glue_connection_drift()'
		  . ' WHERE name = ' . literal($name) . ' ORDER BY 1')->output;
	return join ' ', grep { !/^\$\.(\w+Time|ConnectionSchemaVersion)$/ }
	  map { split /\n/ } @paths;
}

my $properties = '$.ConnectionProperties';
is( changed_by_others(0, sub { $_[0]{ConnectionProperties}{HOST} = 'h' }),
	"$properties.HOST", 'a property');
is( changed_by_others(0,
		sub { $_[0]{ConnectionProperties}{JDBC_ENFORCE_SSL} = 'true' }),
	"$properties.JDBC_ENFORCE_SSL", 'one that is not as by default');
is( changed_by_others(2,
		sub { $_[0]{ConnectionProperties}{KAFKA_SSL_ENABLED} = 'false' }),
	"$properties.KAFKA_SSL_ENABLED", 'of Kafka');
is( changed_by_others(2,
		sub { $_[0]{SparkProperties}{KAFKA_SSL_ENABLED} = 'true' }),
	'$.SparkProperties.KAFKA_SSL_ENABLED', 'in a map that has no defaults');
is(changed_by_others(3, sub { $_[0]{Description} = 'x' }),
	'$.Description', 'a description');

$session->quit;
$cluster->finish;
done_testing();
