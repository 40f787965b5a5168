# Copyright (c) 2026, glue_conn contributors
#
# Transient failures are retried, and no others.
#
# Throttling and failures of the service are transient; rejections are not.
# The journal of the local Glue has the number of attempts, their times, and
# their signatures, which all differ.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;

# Make a call after having given the rules for it; returns the result and the
# messages.
sub call
{
	my ($sql, $settings, @rules) = @_;
	my $watch = $cluster->watch;

	$glue->misbehave(%$_) foreach @rules;
	my $result = $cluster->query($sql, settings => $settings);
	$glue->behave;
	return ($result, $watch->requests);
}

# The seconds between one message and the next.
sub pauses
{
	my @times = map { $_->{time} } @_;

	return map { $times[$_] - $times[ $_ - 1 ] } 1 .. $#times;
}

#
# Throttling
#

my %throttle = (kind => 'throttle');

my ($result, @requests) =
  call(create_sql(jdbc('twice')), {}, { %throttle, times => 2 });
is($result->output, 'READY', 'throttled twice, then served');
is($result->text, '', 'without a warning');
is(scalar @requests, 3, 'at the third attempt');
is($glue->created('twice'), 1, 'once');
is($cluster->row('twice')->{request_id},
	$requests[2]{request_id}, 'the message that succeeded is recorded');

# It is no attempt, however often it happens.
($result, @requests) = call(
	create_sql(jdbc('no attempt')),
	{ 'glue_conn.max_attempts' => 1 },
	{ %throttle, times => 2 });
is($result->output, 'READY', 'throttled more often than it may be attempted');
is(scalar @requests, 3, 'and sent each time');

# Nobody gets through: then there is no point in waiting for longer.
($result, @requests) = call(
	create_sql(jdbc('for ever')),
	{ 'glue_conn.request_timeout' => 1000 },
	{ %throttle, times => 0 });
is($result->sqlstate, '53400', "throttled for ever");
cmp_ok($requests[-1]{time} - $requests[0]{time}, '<', 1.5, 'is sent as long as that takes');
like($result->message, qr/"for ever": ThrottlingException$/, 'and fails');
like($result->detail,
	qr/request ID $requests[-1]{request_id}: Rate exceeded/,
	'the detail is that of the last one');
like($result->hint, qr/"glue_conn\.request_timeout"/,
	'the hint names the setting');
is($cluster->row('for ever'), undef, 'nothing is recorded');

# Names of other services
foreach my $code (qw(TooManyRequestsException RequestLimitExceeded SlowDown))
{
	($result, @requests) = call(get_sql('twice'), {},
		{ kind => 'error', code => $code, status => 400 });
	is($result->sqlstate, '00000', "$code passes");
	is(scalar @requests, 2, "$code: at the second attempt");
}
($result, @requests) = call(get_sql('twice'), {},
	{ kind => 'error', code => '', status => 429, form => 'html' });
is(scalar @requests, 2, '429, from a proxy, passes');
($result, @requests) = call(create_sql(jdbc('twice')), {},
	{ kind => 'error', code => 'AlreadyExistsException', status => 429 });
is(scalar @requests, 1, '429 with a code that means something else does not');

#
# The service sets the delay of a retry
#

($result, @requests) = call(create_sql(jdbc('later')), {},
	{ %throttle, headers => { 'x-amz-retry-after' => '1500' } });
is($result->output, 'READY', 'x-amz-retry-after');
my ($pause) = pauses(@requests);
cmp_ok($pause, '>=', 1.49, 'is waited for');
cmp_ok($pause, '<', 5, 'and not much longer');

# The delay that it requests has a limit.
($result, @requests) = call(get_sql('later'), {},
	{
		kind => 'error',
		status => 503,
		headers => { 'x-amz-retry-after' => '86400000' }
	});
is($result->sqlstate, '00000', 'x-amz-retry-after, a day');
($pause) = pauses(@requests);
cmp_ok($pause, '>=', 4.99, 'is cut to five seconds');
cmp_ok($pause, '<', 9, 'beyond our own delay');

foreach my $nonsense ('', '-1', 'soon', '1e9', "1500 ms", '9' x 300)
{
	next if $nonsense eq '9' x 300;
	($result, @requests) = call(get_sql('later'), {},
		{
			kind => 'error',
			status => 503,
			headers => { 'x-amz-retry-after' => $nonsense }
		});
	is($result->sqlstate, '00000', "x-amz-retry-after '$nonsense'");
	cmp_ok((pauses(@requests))[0], '<', 2, 'is ignored');
}

#
# Each attempt is signed anew
#

my %pause = (headers => { 'x-amz-retry-after' => '1100' });
($result, @requests) = call(create_sql(jdbc('signed')), {},
	{ %throttle, %pause }, { %throttle, %pause });
is(scalar @requests, 3, 'three attempts, more than a second apart');
my %dates = map { $_->{headers}{'x-amz-date'} => 1 } @requests;
my %signatures = map { $_->{headers}{authorization} => 1 } @requests;
is(scalar keys %dates, 3, 'have dates of their own');
is(scalar keys %signatures, 3, 'and signatures of their own');
is(scalar(grep { $_->{signature_ok} } @requests), 3, 'which are all right');
is($requests[0]{body}, $requests[2]{body}, 'of the same message');

#
# Breakdowns
#

foreach my $rule (
	{ kind => 'lost-before' },
	{ kind => 'reset-before' },
	{ kind => 'truncated' },
	{ kind => 'error', status => 500 },
	{ kind => 'error', status => 502, form => 'html' },
	{ kind => 'error', status => 503, form => 'empty' },
	{ kind => 'error', status => 504, form => 'xml' },
	{ kind => 'error', status => 400, code => 'RequestTimeoutException' })
{
	my $case = join ' ', map { $rule->{$_} } sort keys %$rule;

	($result, @requests) = call(get_sql('twice'), {}, { %$rule, times => 2 });
	is($result->sqlstate, '00000', "$case: passes");
	is(scalar @requests, 3, "$case: at the third attempt");
}

# A handshake that fails has sent nothing, so a create is simply tried again.
foreach my $kind (qw(lost-before reset-before garbage))
{
	($result, @requests) = call(create_sql(jdbc("handshake $kind")), {},
		{ operation => 'Connection.Handshake', kind => $kind });
	is($result->output, 'READY', "handshake, $kind: passes");
	is(join(' ', map { $_->{operation} } @requests),
		'CreateConnection', "handshake, $kind: nothing is read back");
}

#
# Refusals
#

foreach my $code (
	qw(AlreadyExistsException InvalidInputException ValidationException
	EntityNotFoundException AccessDeniedException UnrecognizedClientException
	InvalidSignatureException ExpiredTokenException GlueEncryptionException
	ResourceNumberLimitExceededException SerializationException
	UnknownOperationException NeverHeardOf))
{
	foreach my $status (400, 403)
	{
		($result, @requests) = call(create_sql(jdbc('refused')), {},
			{ kind => 'error', code => $code, status => $status, times => 0 });
		isnt($result->sqlstate, '00000', "$code ($status): an error");
		is(scalar @requests, 1, "$code ($status): after one attempt");
	}
}

#
# There is a limit to all retries of a backend
#

# So that a service that is down is not asked three times by everyone.
my $session = $cluster->session;
my @attempts;
$glue->misbehave(kind => 'error', status => 503, times => 0);
foreach (1 .. 25)
{
	my $watch = $cluster->watch;

	$session->query(get_sql('twice'));
	push @attempts, $watch->sent;
}
is($attempts[0], 3, 'a service that is down is asked again at first');
is($attempts[-1], 1, 'but not for ever');
is(join(' ', @attempts), join(' ', sort { $b <=> $a } @attempts),
	'and never more often than before');
$glue->behave;
$session->must(get_sql('twice')) foreach 1 .. 30;
$glue->misbehave(kind => 'error', status => 503);
is($session->query(get_sql('twice'))->sqlstate,
	'00000', 'until it has worked for a while');
$session->quit;

$cluster->finish;
done_testing();
