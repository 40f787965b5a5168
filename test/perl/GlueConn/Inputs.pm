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

our @EXPORT = qw(jdbc everything json_text json_value literal create_sql
  enqueue_create_sql update_sql delete_sql get_sql);

my $json = JSON::PP->new->canonical->allow_nonref;

=pod

=head1 FUNCTIONS

=over

=item jdbc(name, member => value, ...)

A ConnectionInput of the most common kind, with a few members more, or others.

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

=item create_sql(input, argument => value, ...)

A call of glue_create_connection().  B<input> and the argument B<tags> may be
references, which become JSON, or texts, which are taken as they are.

=item enqueue_create_sql(input, argument => value, ...)

The same of glue_enqueue_create_connection().

=item update_sql(input)

A call of glue_update_connection() for the connection that the input names.

=item delete_sql(name), get_sql(name)

Calls of glue_delete_connection() and glue_get_connection().

=back

=cut

sub json_text { return $json->encode($_[0]); }

sub json_value { return $json->decode($_[0]); }

sub literal
{
	my ($text) = @_;

	return 'NULL' if !defined $text;
	utf8::encode($text);
	$text =~ s/'/''/g;
	return "'$text'";
}

sub create_sql
{
	my ($input, %arguments) = @_;
	my @list = literal(ref $input ? json_text($input) : $input);

	foreach my $name (sort keys %arguments)
	{
		my $value = $arguments{$name};
		push @list, "$name => " . literal(ref $value ? json_text($value) : $value);
	}
	return 'SELECT glue_create_connection(' . join(', ', @list) . ')';
}

sub enqueue_create_sql
{
	return create_sql(@_) =~
	  s/glue_create_connection/glue_enqueue_create_connection/r;
}

sub update_sql
{
	my ($input) = @_;

	return 'SELECT glue_update_connection(' . literal($input->{Name}) . ', '
	  . literal(json_text($input)) . ')';
}

sub delete_sql
{
	my ($name) = @_;

	return 'SELECT glue_delete_connection(' . literal($name) . ')';
}

sub get_sql
{
	my ($name) = @_;

	return 'SELECT glue_get_connection(' . literal($name) . ')';
}

1;
