# Copyright (c) 2026, glue_conn contributors
#
# A wrong clock.
#
# AWS rejects a signature that is more than five minutes off.  Its answers have
# AWS's time, so the next attempt, and all later ones, are signed with that
# time.  Here the clock of the local Glue is wrong, which is equivalent.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::Local qw(timegm);

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;

# How far from our own clock a message was signed, in seconds
sub signed_off
{
	my ($request) = @_;
	my ($year, $month, @rest) = $request->{headers}{'x-amz-date'} =~
	  /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

	return timegm(reverse(@rest), $month - 1, $year) - $request->{time};
}

# Test that a message was signed with a clock that is off by this.
sub is_signed_off
{
	my ($request, $offset, $case) = @_;
	my $off = signed_off($request);

	ok(abs($off - $offset) < 3, $case) or diag("signed $off s off");
}

#
# Clocks that are off
#

my %offsets = (
	'an hour behind' => -3600,
	'an hour ahead' => 3600,
	'days ahead' => 200_000,
	'just too far' => 310,
	'just near enough' => 290,
	'three minutes behind' => -180);
foreach my $case (sort keys %offsets)
{
	my $offset = $offsets{$case};
	my $refused = abs $offset > 300 ? 1 : 0;
	my $session = $cluster->session;
	my $watch = $cluster->watch;

	$glue->set(clock_offset_s => $offset);
	my $result = $session->query(create_sql(jdbc($case)));
	my @requests = $watch->requests;

	is($result->output, 'READY', "$case: created");
	is($result->text, '', "$case: without a warning");
	is($watch->operations, join(' ', ('CreateConnection') x (1 + $refused)),
		"$case: attempts");
	is($glue->created($case), 1, "$case: created once");
	is_signed_off($requests[0], 0, "$case: signed with our own time first");
	is_signed_off($requests[1], $offset, "$case: then with AWS's")
	  if $refused;

	# From now on it is known, even if it would not have mattered.
	$watch = $cluster->watch;
	$session->must(get_sql($case)) foreach 1 .. 3;
	@requests = $watch->requests;
	is(scalar @requests, 3, "$case: later calls take one attempt");
	is_signed_off($requests[0], $offset, "$case: with AWS's time");
	$session->quit;
}

#
# A clock that changes
#

my $session = $cluster->session;
my @attempts;
foreach my $offset (3600, -3600, 0, 3600, 3600, 3400, 3100, 2700)
{
	my $watch = $cluster->watch;

	$glue->set(clock_offset_s => $offset);
	$session->must(get_sql('an hour ahead'));
	push @attempts, $watch->sent;
}
is("@attempts", '2 2 2 2 1 1 1 2', 'a clock that changes is followed');

#
# Errors with a known time are errors
#

$glue->set(clock_offset_s => 3600);
foreach my $code (qw(InvalidSignatureException RequestExpired))
{
	$session->must(get_sql('an hour ahead'));
	my $watch = $cluster->watch;

	$glue->misbehave(kind => 'error', code => $code);
	my $result = $session->query(get_sql('an hour ahead'));
	is($result->sqlstate, '28000', "$code, with the right time: SQLSTATE");
	like($result->hint, qr/clock/, "$code, with the right time: hint");
	is($watch->sent, 1, "$code, with the right time: not tried again");
	$glue->behave;
}

# Another error is not retried because of the clock, but its time is used.
$glue->set(clock_offset_s => 0);
$glue->misbehave(kind => 'error', code => 'InvalidInputException');
my $watch = $cluster->watch;
is($session->query(get_sql('x'))->sqlstate, '22023', 'another error');
is($watch->sent, 1, 'another error: is not tried again');
is($session->query(get_sql('x'))->sqlstate, '42704', 'another error: its time is used');
is($watch->sent, 2, 'another error: its time is used');
$session->quit;

#
# Answers without the time
#

my %untold = (
	'no Date' => { Date => undef },
	'a Date that is none' => { Date => 'yesterday' },
	'an answer from a cache' => { Age => '60' });
foreach my $case (sort keys %untold)
{
	$session = $cluster->session;
	$glue->set(clock_offset_s => 3600);
	$glue->misbehave(
		kind => 'headers',
		headers => $untold{$case},
		times => 0);
	$watch = $cluster->watch;
	my $result = $session->query(create_sql(jdbc($case)));
	is($result->sqlstate, '28000', "$case: an error");
	like($result->message, qr/: InvalidSignatureException$/, "$case: which");
	like($result->hint, qr/clock/, "$case: the hint names the clock");
	is($watch->sent, 1, "$case: after one attempt");
	is($glue->created($case), 0, "$case: nothing was created");
	$glue->behave;
	is($session->query(create_sql(jdbc($case)))->output,
		'READY', "$case: until an answer has the time");
	$session->quit;
}

#
# One attempt alone
#

$session =
  $cluster->session(settings => { 'glue_conn.max_attempts' => 1 });
$watch = $cluster->watch;
is($session->query(get_sql('an hour ahead'))->sqlstate,
	'28000', 'one attempt: is not enough');
is($session->query(get_sql('an hour ahead'))->sqlstate,
	'00000', 'one attempt: but the next call knows');
is($watch->sent, 2, 'one attempt: each');
$session->quit;

#
# A create whose answer is lost, at the wrong time
#

$session = $cluster->session;
$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after', skip => 1);
$watch = $cluster->watch;
is($session->query(create_sql(jdbc('lost')))->output,
	'READY', 'refused for its time, then lost: read back');
is( $watch->operations,
	'CreateConnection CreateConnection GetConnection',
	'refused for its time, then lost: attempts');
is($glue->created('lost'), 1, 'refused for its time, then lost: created once');
$session->quit;

#
# Answers of STS have the time as well
#

my $config = PostgreSQL::Test::Utils::tempdir() . '/config';
append_to_file($config,
		"[default]\nrole_arn = arn:aws:iam::123456789012:role/r\n"
	  . "credential_source = Environment\nduration_seconds = 3600\n"
	  . '[profile instance]'
	  . "\nrole_arn = arn:aws:iam::123456789012:role/r\n"
	  . "credential_source = Ec2InstanceMetadata\n");
my %role = (
	settings => {
		'glue_conn.config_file' => $config,
		'glue_conn.profile' => 'default'
	});
foreach my $offset (-3600, 3600)
{
	$glue->set(clock_offset_s => $offset);
	$session = $cluster->session(%role);
	$watch = $cluster->watch;
	is($session->query(get_sql('x'))->sqlstate,
		'42704', "STS, $offset s: the role is assumed");
	is($watch->operations, 'AssumeRole AssumeRole GetConnection',
		"STS, $offset s: its time is used for AWS Glue");

	# Its credentials last an hour, even if our clock is past their end.
	$watch = $cluster->watch;
	$session->query(get_sql('x'));
	is($watch->operations, 'GetConnection',
		"STS, $offset s: the role's credentials are kept");
	$session->quit;
}

$cluster->finish;
done_testing();
