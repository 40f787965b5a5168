# Copyright (c) 2026, glue_conn contributors
#
# AWS Glue tests a connection: an existing one, by name, or another one, by its
# definition.  A failed test is an error with AWS's reason, and without the
# secrets of the definition.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

sub test_sql
{
	my ($name, %arguments) = @_;

	return 'SELECT glue_test_connection(' . join(', ', literal($name),
		map { "$_ => " . literal($arguments{$_}) } sort keys %arguments) . ')';
}

sub test_input_sql
{
	my ($input) = @_;

	return 'SELECT glue_test_connection(test_connection_input => '
	  . literal(json_text($input)) . ')';
}

# A TestConnectionInput is a ConnectionInput with fewer members.
sub definition
{
	my ($input) = (jdbc('none', @_));

	delete $input->{Name};
	return $input;
}

#
# By name
#

$session->must(create_sql(jdbc('good')));
my $row = $cluster->row('good');
my $watch = $cluster->watch;
my $result = $session->query(test_sql('good'));
is($result->text, '', 'a connection that works');
is($result->output, '', 'returns nothing');
is($watch->operations, 'TestConnection', 'one message');
is_deeply(
	json_value(($watch->requests)[0]{body}),
	{ ConnectionName => 'good' },
	'with the name');
is_deeply($cluster->row('good'), $row, 'nothing is recorded');
cmp_ok($glue->connection('good')->{validated}, '>', 0, 'AWS has tried it');

$watch = $cluster->watch;
$session->must(test_sql('good', catalog_id => '123456789012'));
is_deeply(
	json_value(($watch->requests)[0]{body}),
	{ CatalogId => '123456789012', ConnectionName => 'good' },
	'the catalog can be named');

$session->must(create_sql(jdbc('bad', Description =>
		  'local_glue: test-fails reason=No route to host.')));
$result = $session->query(test_sql('bad'));
is($result->sqlstate, '22023', 'a connection that does not work');
is( $result->message,
	'could not test AWS Glue connection "bad": InvalidInputException',
	'by name');
like($result->detail, qr/: No route to host\.$/, 'the reason');

$session->must(create_sql(jdbc('unresolved', Description =>
		  'local_glue: test-fails')));
$result = $session->query(test_sql('unresolved'));
like($result->hint, qr/AvailabilityZone/, 'a hint where more is known');

$result = $session->query(test_sql('none'));
is($result->sqlstate, '42704', 'a connection that does not exist');

$session->must('BEGIN READ ONLY');
is($session->query(test_sql('good'))->text, '',
	'a test may be made in a transaction that only reads');
$session->must('ROLLBACK');

#
# By definition
#

$watch = $cluster->watch;
my $input = definition();
$input->{ConnectionProperties}{JDBC_ENFORCE_SSL} = JSON::PP::true;
$result = $session->query(test_input_sql($input));
is($result->text, '', 'a definition that works');
$input->{ConnectionProperties}{JDBC_ENFORCE_SSL} = 'true';
is_deeply(
	json_value(($watch->requests)[0]{body}),
	{ TestConnectionInput => $input },
	'booleans are sent as strings');
is($glue->connection('none'), undef, 'and no connection is made of it');

$watch = $cluster->watch;
$result = $session->query(test_input_sql(jdbc('full')));
is($result->sqlstate, '22023', 'a name is no part of it');
like($result->detail, qr/\$\.Name is not a member of TestConnectionInput/,
	'which is said');
is($watch->sent, 0, 'and nothing is sent');

$session->must('SET glue_conn.allow_unknown_members = on');
$result = $session->query(test_input_sql(jdbc('full')));
is($result->sqlstate, '00000', 'unless unknown members are allowed');
is(scalar $result->messages('WARNING'), 1, 'with one warning');
$session->must('RESET glue_conn.allow_unknown_members');

$glue->misbehave(
	operation => 'TestConnection', kind => 'error',
	code => 'InvalidInputException', message => 'Not for this type.');
$watch = $cluster->watch;
$result = $session->query(test_input_sql({
	ConnectionType => 'NETWORK',
	ConnectionProperties => {}
}));
is(scalar $result->messages('WARNING'),
	1, 'a type that is not known to be testable is warned of once');
is($watch->sent, 1, 'and AWS decides');
is($result->sqlstate, '22023', 'here it refuses');
is( $result->message,
	'could not call TestConnection of AWS Glue: InvalidInputException',
	'without a name there is none in the message');

#
# Other answers of AWS
#

my $hasty = $cluster->session(settings => { 'glue_conn.max_attempts' => 1 });
foreach my $case (
	[ AccessDeniedException => 400, '42501', qr/both the connection/ ],
	[ ConflictException => 400, '38000', qr/at work on the connection/ ],
	[ EntityNotFoundException => 400, '42704', qr/case sensitive/ ],
	[ FederationSourceException => 400, '38000', qr/data source itself/ ],
	[ GlueEncryptionException => 400, '38000', qr/KMS key/ ],
	[ InternalServiceException => 500, '38000', qr/within AWS/ ],
	[ InvalidInputException => 400, '22023', qr/^$/ ],
	[ OperationTimeoutException => 400, '08000', qr/out of time/ ],
	[ ResourceNumberLimitExceededException => 400, '54000', qr/quota/ ],
	[ ThrottlingException => 400, '53400', qr/limits the rate/ ])
{
	my ($code, $status, $sqlstate, $hint) = @$case;

	$glue->misbehave(
		operation => 'TestConnection', kind => 'error',
		status => $status, code => $code, message => 'Something happened.', times => 0);
	$hasty->must("SET glue_conn.request_timeout = '300ms'") if $sqlstate eq '53400';
	$result = $hasty->query(test_sql('good'));
	$glue->behave;
	is($result->sqlstate, $sqlstate, $code);
	is($result->message,
		"could not test AWS Glue connection \"good\": $code",
		"$code: message");
	like($result->detail, qr/request ID \S+: Something happened\.(?: This was attempt \d+\.)?$/,
		"$code: detail");
	like($result->hint, $hint, "$code: hint");
}

# A test changes nothing, so it is simply made again.
$glue->misbehave(operation => 'TestConnection', kind => 'lost-after');
$watch = $cluster->watch;
is($session->query(test_sql('good'))->text, '', 'a lost answer');
is($watch->sent('TestConnection'), 2, 'is asked for again');

$glue->misbehave(operation => 'TestConnection', kind => 'stall', times => 0);
$result = $cluster->query(
	test_sql('good'),
	settings => {
		'glue_conn.request_timeout' => '200ms',
		'glue_conn.max_attempts' => 1
	});
$glue->behave;
is($result->sqlstate, '08000', 'a test has the time of any message');
like($result->hint, qr/glue_conn\.request_timeout/, 'which can be set');

#
# Secrets
#

$glue->misbehave(operation => 'TestConnection', kind => 'echo');
$result = $session->query(test_input_sql(definition()));
is($result->sqlstate, '22023', 'text that quotes the message');
unlike($result->text, qr/Secret-/, 'is shown without the secrets in it');
like($result->detail, qr/db\.example/, 'but else as it is');

$watch = $cluster->watch;
$result = $session->query(test_sql(json_text(definition())));
is($result->sqlstate, '22023', 'a definition in the place of a name');
is($watch->sent, 0, 'is not sent');
unlike($result->text, qr/Secret-/, 'nor quoted');

$hasty->quit;
$session->quit;
$cluster->finish;
done_testing();
