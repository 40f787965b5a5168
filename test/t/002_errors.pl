# Copyright (c) 2026, glue_conn contributors
#
# Every failure has its SQLSTATE, and AWS's own message.
#
# An error of AWS becomes a PostgreSQL error.  Its primary message names the
# connection and the exception; its detail has AWS's text, the HTTP status and
# the request ID, which AWS Support asks for.  Failures of the network have
# errors of their own.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Socket;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session =
  $cluster->session(settings => { 'glue_conn.max_attempts' => 1 });

#
# Errors of AWS
#

# The exceptions by SQLSTATE, each with the HTTP status it travels with.
my @answers = (
	[ '22023', 'InvalidInputException', 400 ],
	[ '22023', 'ValidationException', 400 ],
	[ '22023', 'ValidationError', 400 ],
	[ '42710', 'AlreadyExistsException', 400 ],
	[ '42704', 'EntityNotFoundException', 400 ],
	[ '42501', 'AccessDeniedException', 400 ],
	[ '42501', 'AccessDeniedException', 403 ],
	[ '42501', 'AccessDenied', 403 ],
	[ '42501', 'NotAuthorized', 401 ],
	[ '42501', 'OptInRequired', 403 ],
	[ '42501', 'SubscriptionRequiredException', 403 ],
	[ '28000', 'UnrecognizedClientException', 400 ],
	[ '28000', 'InvalidClientTokenId', 403 ],
	[ '28000', 'InvalidSignatureException', 400 ],
	[ '28000', 'SignatureDoesNotMatch', 403 ],
	[ '28000', 'IncompleteSignatureException', 400 ],
	[ '28000', 'MissingAuthenticationTokenException', 400 ],
	[ '28000', 'ExpiredTokenException', 400 ],
	[ '28000', 'ExpiredToken', 403 ],
	[ '28000', 'RequestExpired', 400 ],
	[ '28000', 'RequestTimeTooSkewed', 403 ],
	[ '28000', 'RequestInTheFuture', 403 ],
	[ '54000', 'ResourceNumberLimitExceededException', 400 ],
	[ '53400', 'ThrottlingException', 400 ],
	[ '53400', 'TooManyRequestsException', 429 ],
	[ '53400', 'RequestLimitExceeded', 503 ],
	[ '08000', 'OperationTimeoutException', 400 ],
	[ '38000', 'GlueEncryptionException', 400 ],
	[ '38000', 'FederationSourceException', 400 ],
	[ '38000', 'InternalServiceException', 500 ],
	[ '38000', 'ServiceUnavailable', 503 ],
	[ '38000', 'SerializationException', 400 ],
	[ '38000', 'UnknownOperationException', 404 ],
	[ '38000', 'ExceptionOfNextYear', 418 ]);

my $number = 0;
foreach my $answer (@answers)
{
	my ($sqlstate, $code, $status) = @$answer;
	my $case = "$code ($status)";
	my $name = 'answer ' . ++$number;
	my $text = "Text of \x{201c}AWS\x{201d}, \"$number\".";
	my $watch = $cluster->watch;

	# a throttled call is retried until no call succeeds for this time
	$session->must("SET glue_conn.request_timeout = "
		  . ($sqlstate eq '53400' ? '300' : '60000'));
	$glue->misbehave(
		operation => 'CreateConnection',
		kind => 'error',
		code => $code,
		status => $status,
		message => $text,
		times => $sqlstate eq '53400' ? 0 : 1);
	my $result = $session->query(create_sql(jdbc($name)));
	$glue->behave;
	my (@more) = $watch->requests('CreateConnection');
	my $request = pop @more;

	is($result->sqlstate, $sqlstate, "$case: SQLSTATE");
	is( $result->message,
		qq(could not create AWS Glue connection "$name": $code),
		"$case: message");
	like($result->detail,
		qr/HTTP status $status and request ID $request->{request_id}\b/,
		"$case: HTTP status and request ID");
	like($result->detail, qr/\Q$text\E/, "$case: AWS's own text");
	is(scalar @more, 0, "$case: sent once") if $sqlstate ne '53400';
}
is($session->must('SELECT count(*) FROM glue_connection')->output,
	0, 'failures are not recorded');
is_deeply($glue->state->{connections}, [], 'and was not created');

#
# Texts that say less than is known
#

my %hints = (
	'[ConnectionInput.AuthenticationConfiguration is required.]' =>
	  qr/"SecretArn"/,
	'PhysicalConnectionRequirements cannot be null' => qr/"SubnetId"/,
	'PythonProperties: is missing but it is required, SparkProperties: is'
	  . ' missing but it is required' => qr/JSON text/,
	'Invalid properties found: [HOST]' => qr/case sensitive/,
	'Error from connector SNOWFLAKE : The AWS Secrets Manager secret is'
	  . ' invalid: no such key' => qr/"ValidateCredentials"/,
	'Validation for connection properties failed' =>
	  qr/does not name the property/);

foreach my $text (sort keys %hints)
{
	$glue->misbehave(
		operation => 'CreateConnection',
		kind => 'error',
		code => 'InvalidInputException',
		message => $text);
	my $result = $session->query(create_sql(jdbc('hint')));
	like($result->hint, $hints{$text}, "hint for \"$text\"");
	like($result->detail, qr/\Q$text\E/, 'beside the text itself');
}

$glue->misbehave(
	operation => 'CreateConnection',
	kind => 'error',
	code => 'AccessDeniedException',
	message => 'User: arn:aws:iam::123456789012:user/u is not authorized to'
	  . ' perform: glue:CreateConnection on resource: *');
like(
	$session->query(create_sql(jdbc('hint')))->hint,
	qr/both the connection and the catalog/,
	'hint for a policy that names one resource of two');

#
# Lost and malformed answers
#

# A port that is bound refuses connections until somebody listens there, and
# nobody else gets it.
socket(my $deaf, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
bind($deaf, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
my ($port) = sockaddr_in(getsockname($deaf));

my $watch = $cluster->watch;
my $result = $cluster->query(create_sql(jdbc('refused')),
	settings => { 'glue_conn.endpoint_url' => "https://127.0.0.1:$port" });
is($result->sqlstate, '08001', 'no listener: SQLSTATE');
is( $result->message,
	'could not create AWS Glue connection "refused": could not connect',
	'no listener: message');
like(
	$result->detail,
	qr{while connecting at https://127\.0\.0\.1:$port/: .*attempt 3}s,
	'no listener: the place, and the number of attempts');
like($result->hint, qr/"glue_conn\.endpoint_url"/, 'no listener: hint');
is($watch->sent, 0, 'no listener: nothing was sent');

# A label of 64 characters cannot exist, which needs no name server to know.
my $host = 'x' x 64 . '.invalid';
$result = $cluster->query(create_sql(jdbc('nowhere')),
	settings => { 'glue_conn.endpoint_url' => "https://$host" });
is($result->sqlstate, '08001', 'no such host: SQLSTATE');
like($result->detail, qr/looking up the host name/, 'no such host: detail');

# Reading can be lost as well, and is simply an error then.
my @losses = (
	[ 'connection closed', '08006', qr/while waiting for the answer/,
		{ kind => 'lost-before' } ],
	[ 'connection reset', '08006', qr/while waiting for the answer/,
		{ kind => 'reset-before' } ],
	[ 'half an answer', '08006', qr/while receiving the answer/,
		{ kind => 'truncated' } ],
	[ 'no answer in time', '08000',
		qr/time limit of 1000 ms ran out while waiting for the answer/,
		{ kind => 'stall' } ],
	[ 'no JSON', '08P01', qr/HTTP status 200/,
		{ kind => 'garbage', form => 'text' } ]);
foreach my $loss (@losses)
{
	my ($case, $sqlstate, $detail, $rule) = @$loss;

	$glue->misbehave(operation => 'GetConnection', %$rule);
	$session->must("SET glue_conn.request_timeout = '1s'")
	  if $rule->{kind} eq 'stall';
	$result = $session->query(get_sql('lost'));
	$session->must('RESET glue_conn.request_timeout');
	is($result->sqlstate, $sqlstate, "$case: SQLSTATE");
	like($result->message,
		qr/^could not read AWS Glue connection "lost": /, "$case: message");
	like($result->detail, $detail, "$case: detail");
}

# An unknown outcome has an SQLSTATE of its own.
$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after');
$glue->misbehave(operation => 'GetConnection', kind => 'lost-before');
$result = $session->query(create_sql(jdbc('unknown')));
is($result->sqlstate, '08007', 'outcome unknown: SQLSTATE');
is( $result->message,
	'could not create AWS Glue connection "unknown": outcome unknown',
	'outcome unknown: message');
like($result->detail, qr/may have been carried out/, 'outcome unknown: detail');
like($result->hint, qr/glue_get_connection/, 'outcome unknown: hint');

#
# In a program
#

$session->must(create_sql(jdbc('taken')));
$session->must(<<'SQL');
CREATE FUNCTION create_or_say(input jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN glue_create_connection(input);
EXCEPTION
	WHEN duplicate_object THEN RETURN 'there already';
	WHEN invalid_parameter_value THEN RETURN 'invalid';
END $$
SQL
is( $session->must("SELECT create_or_say('"
		  . json_text(jdbc('taken')) . "')")->output,
	'there already', 'an error can be caught by its condition');
is($session->must("SELECT create_or_say('{}')")->output,
	'invalid', 'also one that is found before anything is sent');
is( $session->must("SELECT create_or_say('"
		  . json_text(jdbc('free')) . "')")->output,
	'READY', 'and the session continues');

$session->quit;
$cluster->finish;
done_testing();
