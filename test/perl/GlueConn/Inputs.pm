# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Inputs - definitions of connections, and the SQL that sends them

=head1 SYNOPSIS

	use GlueConn::Inputs;

	my $result = $session->query(
		create_sql(jdbc('orders', Description => 'x'),
			tags => { team => 'a' }, on_conflict => 'error'));

=cut

package GlueConn::Inputs;

use strict;
use warnings;

use Exporter 'import';
use JSON::PP;

our @EXPORT = qw(jdbc referring secret everything json_text json_value literal input_sql
  create_sql create_many_sql update_sql delete_sql get_sql
  enqueue_create_sql enqueue_update_sql enqueue_delete_sql keys_sql server_sql);

my $json = JSON::PP->new->canonical->allow_nonref;

=pod

=head1 FUNCTIONS

=over

=item jdbc(name, member => value, ...)

A ConnectionInput of the most common kind, with a few members more, or others.

=item referring(name, member => value, ...)

The same without secrets: it refers to one.

=item secret(name)

The same with a password of its own: "Secret-" and the name.

=item everything(name)

A ConnectionInput that has every member there is, at every level.  Its secrets
all begin with "Secret-".

=cut

sub jdbc
{
	my ($name, %members) = @_;

	return {
		Name => $name,
		ConnectionType => 'JDBC',
		ConnectionProperties => {
			JDBC_CONNECTION_URL => 'jdbc:postgresql://db.example:5432/sales',
			USERNAME => 'loader',
			PASSWORD => 'Secret-Password'
		},
		%members
	};
}

sub referring
{
	my ($name, %members) = @_;

	return jdbc($name,
		ConnectionProperties => {
			JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', SECRET_ID => 's' },
		%members);
}

sub secret
{
	my ($name) = @_;

	return jdbc($name, ConnectionProperties => {
		JDBC_CONNECTION_URL => 'jdbc:mysql://h/d',
		USERNAME => 'u', PASSWORD => "Secret-$name" });
}

sub everything
{
	my ($name) = @_;
	my $secret_arn =
	  'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf';

	return {
		Name => $name,
		Description => "All of it,\n\ton two lines",
		ConnectionType => 'JDBC',
		MatchCriteria => [ 'first', 'second' ],
		ConnectionProperties => {
			JDBC_CONNECTION_URL => 'jdbc:postgresql://db.example:5432/sales',
			USERNAME => 'loader',
			PASSWORD => 'Secret-Password',
			JDBC_ENFORCE_SSL => 'true',
			SKIP_CUSTOM_JDBC_CERT_VALIDATION => 'false',
			KAFKA_SASL_PLAIN_PASSWORD => 'Secret-Kafka'
		},
		SparkProperties =>
		  { fetchsize => '1000', sfPassword => 'Secret-Spark' },
		AthenaProperties => { spill_bucket => 'spill' },
		PythonProperties => { pool => '5', api_key => 'Secret-Python' },
		PhysicalConnectionRequirements => {
			SubnetId => 'subnet-0a1b2c3d',
			SecurityGroupIdList => [ 'sg-00000001', 'sg-00000002' ],
			AvailabilityZone => 'us-east-1a'
		},
		AuthenticationConfiguration => {
			AuthenticationType => 'OAUTH2',
			SecretArn => $secret_arn,
			KmsKeyArn => 'arn:aws:kms:us-east-1:123456789012:key/1',
			OAuth2Properties => {
				OAuth2GrantType => 'AUTHORIZATION_CODE',
				OAuth2ClientApplication => {
					UserManagedClientApplicationClientId => 'client',
					AWSManagedClientApplicationReference => 'reference'
				},
				TokenUrl => 'https://login.example/token',
				TokenUrlParametersMap => {
					audience => 'audience',
					client_secret => 'Secret-Parameter'
				},
				AuthorizationCodeProperties => {
					AuthorizationCode => 'Secret-Code',
					RedirectUri => 'https://app.example/back'
				},
				OAuth2Credentials => {
					UserManagedClientApplicationClientSecret =>
					  'Secret-Client',
					AccessToken => 'Secret-Access',
					RefreshToken => 'Secret-Refresh',

					# the alphabet of JSON Web Tokens has no hyphen here
					JwtToken => 'SecretHead.SecretBody.Secret-Jwt'
				}
			},
			BasicAuthenticationCredentials =>
			  { Username => 'basic', Password => 'Secret-Basic' },
			CustomAuthenticationCredentials => { header => 'Secret-Custom' }
		},
		ValidateCredentials => JSON::PP::false,
		ValidateForComputeEnvironments => [ 'SPARK', 'ATHENA', 'PYTHON' ]
	};
}

=pod

=item json_text(value), json_value(text)

JSON text of characters, not of bytes; keys are sorted.

=item literal(text)

An SQL literal, in UTF-8; NULL for undef.

=item input_sql(name, member => value, ...)

The literal of a definition that refers to a secret.

=item create_sql(input, argument => value, ...)

A call of glue_create_connection().  The input, and the argument B<tags>, may be
references, which become JSON, or texts, which are taken as they are.

=item create_many_sql(columns, [ input, ... ], argument => value, ...)

A query of these columns of glue_create_connections().

=item update_sql(input, argument => value, ...)

A call of glue_update_connection() for the connection that the input names.

=item delete_sql(name, argument => value, ...), get_sql(name, ...)

Calls of glue_delete_connection() and glue_get_connection().

=item enqueue_create_sql, enqueue_update_sql, enqueue_delete_sql

The same of the functions that queue a request.

=item keys_sql(access key, secret key)

Options of a user mapping.

=item server_sql(name, access key, secret key, options => ..., user => ...)

Statements that make a foreign server, with options, and a user mapping, for
CURRENT_USER unless somebody else is named.

=back

=cut

sub json_text { return $json->encode($_[0]); }

sub json_value { return $json->decode($_[0]); }

sub input_sql { return literal(json_text(referring(@_))); }

sub literal
{
	my ($text) = @_;

	return 'NULL' if !defined $text;
	utf8::encode($text);
	$text =~ s/'/''/g;
	return "'$text'";
}

# A call of a function, with arguments by position and by name.
sub _call
{
	my ($function, $arguments, %named) = @_;
	my @list = @$arguments;

	foreach my $name (sort keys %named)
	{
		my $value = $named{$name};
		push @list, "$name => " . literal(ref $value ? json_text($value) : $value);
	}
	return "glue_$function(" . join(', ', @list) . ')';
}

sub _input
{
	my ($input) = @_;

	return literal(ref $input ? json_text($input) : $input);
}

sub create_sql
{
	my ($input, %named) = @_;

	return 'SELECT ' . _call('create_connection', [ _input($input) ], %named);
}

sub create_many_sql
{
	my ($columns, $inputs, %named) = @_;
	my $array = 'ARRAY[' . join(', ', map { _input($_) } @$inputs) . ']::jsonb[]';

	return "SELECT $columns FROM " . _call('create_connections', [$array], %named);
}

sub update_sql
{
	my ($input, %named) = @_;

	return 'SELECT ' . _call('update_connection',
		[ literal($input->{Name}), _input($input) ], %named);
}

sub delete_sql
{
	my ($name, %named) = @_;

	return 'SELECT ' . _call('delete_connection', [ literal($name) ], %named);
}

sub get_sql
{
	my ($name, %named) = @_;

	return 'SELECT ' . _call('get_connection', [ literal($name) ], %named);
}

sub enqueue_create_sql { return _enqueue(create_sql(@_)); }

sub enqueue_update_sql { return _enqueue(update_sql(@_)); }

sub enqueue_delete_sql { return _enqueue(delete_sql(@_)); }

sub _enqueue { return $_[0] =~ s/^SELECT glue_/SELECT glue_enqueue_/r; }

sub keys_sql
{
	my ($access_key, $secret_key) = @_;

	return 'access_key_id ' . literal($access_key) . ', secret_access_key '
	  . literal($secret_key);
}

sub server_sql
{
	my ($name, $access_key, $secret_key, %more) = @_;
	my $options = $more{options} ? " OPTIONS ($more{options})" : '';
	my $user = $more{user} // 'CURRENT_USER';

	return "CREATE SERVER $name FOREIGN DATA WRAPPER glue_conn$options;"
	  . " CREATE USER MAPPING FOR $user SERVER $name OPTIONS ("
	  . keys_sql($access_key, $secret_key) . ');';
}

1;
