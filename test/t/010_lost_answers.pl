# Copyright (c) 2026, glue_conn contributors
#
# The database never contradicts AWS after a lost answer.
#
# CreateConnection has no idempotency token.  So when its answer is lost, the
# connection is read back, and the result decides: it is ours, it is another
# client's, or there is none and the create is retried.  Only if the read fails
# as well, the outcome is unknown.
#
# Each case below breaks some messages and then compares everything: the
# messages in their order, the number of creations, the result of the caller,
# and the record.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;
use Time::HiRes qw(time);

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;

# Long enough for every answer that is not held back, on any machine.
my $timeout = '1500ms';
my $number = 0;

# Operations are written by their first letters.
my %letter = (CreateConnection => 'C', GetConnection => 'G');

# Make a call in a backend of its own, in which retries are cheap, and compare:
#
#	create, get		rules for the requests
#	requests		the expected requests, such as 'C G C'
#	created			the expected number of creations
#	outcome			the expected result, or the SQLSTATE
#	read_back		was the connection read back and found to be ours?
#	detail			expected text of the error's detail
#	input, settings	deviations from the defaults
#	before, after	functions that are called before and after the call, with
#					the connection's name
sub test_case
{
	my ($case, %expected) = @_;
	my $name = 'case ' . ++$number;
	my $input = $expected{input} || jdbc($name);
	$input->{Name} = $name;

	$expected{before}->($name) if $expected{before};
	$glue->misbehave(operation => 'CreateConnection', %$_)
	  foreach @{ $expected{create} || [] };
	$glue->misbehave(operation => 'GetConnection', %$_)
	  foreach @{ $expected{get} || [] };
	my $watch = $cluster->watch;
	my $result = $cluster->query(create_sql($input),
		settings => $expected{settings});
	$glue->behave;

	my $requests = join ' ',
	  map { $letter{ $_->{operation} } } $watch->requests;
	is($requests, $expected{requests}, "$case: messages");
	is($glue->created($name), $expected{created}, "$case: times created");
	is(
		$result->sqlstate eq '00000' ? $result->output : $result->sqlstate,
		$expected{outcome}, "$case: outcome")
	  or diag($result->text);
	like($result->detail, $expected{detail}, "$case: detail")
	  if $expected{detail};

	my @notices =
	  grep { $_->{message} =~ /was created, although the answer was lost/ }
	  $result->messages('NOTICE');
	is(scalar @notices, $expected{read_back} ? 1 : 0, "$case: notices");

	my $row = $cluster->row($name);
	if ($expected{outcome} =~ /^[A-Z_]+$/)
	{
		is($row && $row->{status}, $expected{outcome}, "$case: row");
		is(defined $row->{creation_time} ? 1 : 0,
			$expected{read_back} ? 1 : 0, "$case: row has the read values");
		my $held = $glue->connection($name) || {};
		is_deeply($held->{definition}, $input, "$case: AWS has the sent input");
	}
	else
	{
		is($row, undef, "$case: no row");
	}
	$expected{after}->($name) if $expected{after};
}

#
# One answer is lost
#

my %made_again = (requests => 'C G C', created => 1, outcome => 'READY');
my %found =
  (requests => 'C G', created => 1, outcome => 'READY', read_back => 1);
my %impatient = (settings => { 'glue_conn.request_timeout' => $timeout });

test_case("$_", create => [ { kind => $_ } ], %made_again)
  foreach qw(lost-unread lost-before reset-before);
test_case("$_", create => [ { kind => $_ } ], %found)
  foreach qw(lost-after reset-after truncated huge);
test_case('half of the answer',
	create => [ { kind => 'truncated', form => 'half' } ], %found);

foreach my $status (500, 502, 503, 504)
{
	my %error = (kind => 'error', status => $status);

	test_case("$status", create => [ \%error ], %made_again);
	test_case("$status, but carried out",
		create => [ { %error, processed => \1 } ], %found);
}
foreach my $form (qw(html xml empty))
{
	test_case(
		"503 as $form, but carried out",
		create => [
			{ kind => 'error', status => 503, form => $form, processed => \1 }
		],
		%found);
}

# A malformed answer does not determine the outcome of the message.
foreach my $form (qw(text binary array string null half deep latin1))
{
	test_case("garbage ($form)",
		create => [ { kind => 'garbage', form => $form } ], %found);
}
test_case(
	'garbage, and not carried out',
	create => [ { kind => 'garbage', form => 'text', processed => \0 } ],
	requests => 'C G',
	created => 0,
	outcome => '08P01',
	detail => qr/Reading back found no connection/);
test_case(
	'a page of a proxy with status 200, and not carried out',
	create => [
		{ kind => 'error', form => 'html', status => 200, processed => \0 }
	],
	requests => 'C G',
	created => 0,
	outcome => '08P01');

# The service gave up, and may have done so at any point.
my %gave_up = (kind => 'error', code => 'OperationTimeoutException');
test_case('OperationTimeoutException, but carried out',
	create => [ { %gave_up, processed => \1 } ], %found);
test_case(
	'OperationTimeoutException',
	create => [ \%gave_up ],
	requests => 'C G',
	created => 0,
	outcome => '08000',
	detail => qr/Reading back found no connection/);

# We gave up.
test_case('no answer in time',
	create => [ { kind => 'stall' } ], %made_again, %impatient);
test_case('no answer in time, but carried out',
	create => [ { kind => 'stall', processed => \1 } ], %found, %impatient);
test_case(
	'an answer that takes too long',
	create => [
		{ kind => 'slow', chunked => \1, piece_size => 1,
			piece_delay_ms => 100 }
	],
	%found, %impatient);

#
# A connection that is read back may differ from the sent one in form
#

my @lost = (create => [ { kind => 'lost-after' } ]);

test_case('every member', @lost, %found, input => everything('x'));
test_case('members that AWS drops',
	@lost, %found,
	input => jdbc('x', Description => '', MatchCriteria => [],
		SparkProperties => {}));
test_case('a password that is shown', @lost, %found,
	before => sub { $glue->set(hide_password => 'none'); });
test_case('a password that is encrypted', @lost, %found,
	before => sub { $glue->set(encrypt_passwords => \1); });
$glue->set(hide_password => 'all', encrypt_passwords => \0);

test_case('a connection that is in progress',
	@lost, %found,
	outcome => 'IN_PROGRESS',
	input => jdbc('x', Description =>
		  'local_glue: in-progress ready-after-reads=3'));
test_case('a connection that is of no use',
	@lost, %found,
	outcome => 'FAILED',
	input => jdbc('x', Description => 'local_glue: failed reason=Because.'),
	after => sub { is($cluster->row($_[0])->{status_reason}, 'Because.',
			'a connection that is of no use: the reason is recorded'); });

foreach my $offset (-200, 200)
{
	test_case("a clock that is $offset s off", @lost, %found,
		before => sub { $glue->set(clock_offset_s => $offset); });
	$glue->set(clock_offset_s => 0);
}
test_case('an answer that is lost late',
	create => [ { kind => 'lost-after', delay_ms => 3000 } ], %found);

#
# Several answers are lost
#

my %before = (kind => 'lost-before');
my %after = (kind => 'lost-after');
my %throttled = (kind => 'throttle');
my %missing = (kind => 'error', code => 'EntityNotFoundException');

test_case(
	'lost before, twice',
	create => [ \%before, \%before ],
	requests => 'C G C G C',
	created => 1,
	outcome => 'READY');
test_case(
	'lost before, then after',
	create => [ \%before, \%after ],
	requests => 'C G C G',
	created => 1,
	outcome => 'READY',
	read_back => 1);
test_case(
	'lost before, for ever',
	create => [ { %before, times => 0 } ],
	requests => 'C G C G C G',
	created => 0,
	outcome => '08006',
	detail => qr/attempt 3\. Reading back found no connection/);
test_case(
	'lost before, and one attempt is all',
	create => [ \%before ],
	settings => { 'glue_conn.max_attempts' => 1 },
	requests => 'C G',
	created => 0,
	outcome => '08006');
test_case(
	'500 for ever',
	create => [ { kind => 'error', status => 500, times => 0 } ],
	requests => 'C G C G C G',
	created => 0,
	outcome => '38000');
test_case(
	'lost before, then refused',
	create =>
	  [ \%before, { kind => 'error', code => 'AccessDeniedException' } ],
	requests => 'C G C',
	created => 0,
	outcome => '42501');
test_case(
	'lost before, then throttled',
	create => [ \%before, \%throttled ],
	requests => 'C G C C',
	created => 1,
	outcome => 'READY');
test_case(
	'throttled, then lost after',
	create => [ \%throttled, \%after ],
	requests => 'C C G',
	created => 1,
	outcome => 'READY',
	read_back => 1);
test_case(
	'reading back fails at first',
	create => [ \%after ],
	get => [ { kind => 'lost-before' }, { kind => 'error', status => 503 } ],
	requests => 'C G G G',
	created => 1,
	outcome => 'READY',
	read_back => 1);

# A read may be older than the write just before it.
test_case(
	'not to be seen at once',
	create => [ \%after ],
	get => [ \%missing ],
	requests => 'C G C G',
	created => 1,
	outcome => 'READY',
	read_back => 1);

#
# The outcome is unknown
#

my %unknown =
  (requests => 'C G', outcome => '08007', detail => qr/may have been/);

foreach my $fate ([ \%after, 1 ], [ \%before, 0 ])
{
	my ($rule, $created) = @$fate;
	my @given = (create => [$rule], %unknown, created => $created);

	test_case(
		"$rule->{kind}, and no answer can be had",
		@given,
		get => [ { kind => 'lost-before', times => 0 } ],
		requests => 'C G G G');
	test_case("$rule->{kind}, and reading is not allowed",
		@given,
		get => [ { kind => 'error', code => 'AccessDeniedException' } ]);
	test_case("$rule->{kind}, and the answer is garbage ($_)",
		@given, get => [ { kind => 'garbage', form => $_ } ])
	  foreach qw(text empty wrong-types);
	test_case(
		"$rule->{kind}, and nothing is answered in time",
		@given,
		settings => {
			'glue_conn.request_timeout' => $timeout,
			'glue_conn.max_attempts' => 2
		},
		get => [ { kind => 'stall', times => 0 } ],
		requests => 'C G G');
}
test_case(
	'lost before, and then after, and no answer can be had',
	create => [ \%before, \%after ],
	get => [ { kind => 'lost-before', skip => 1, times => 0 } ],
	%unknown,
	requests => 'C G C G G G',
	created => 1);
test_case(
	'it exists, as AWS says, and cannot be read, as AWS says',
	create => [ \%after ],
	get => [ { %missing, times => 0 } ],
	%unknown,
	requests => 'C G C G',
	created => 1);
test_case(
	'the age of the connection is unknown',
	create => [ \%after ],
	get => [ { kind => 'headers', headers => { Date => undef } } ],
	%unknown,
	created => 1);

# An unknown outcome can be resolved.
my $name = "case $number";
is(json_value($cluster->query(get_sql($name))->output)->{Name},
	$name, 'an unknown outcome can be resolved later');
is($cluster->query(create_sql(jdbc($name)))->sqlstate,
	'42710', 'and is not created again');
is($glue->created($name), 1, 'not at all');

#
# Somebody else has a connection of that name
#

# Put a connection in that was created so many seconds ago, and see that it
# stays as it is.
my $theirs;

sub put_in
{
	my ($age, %members) = @_;

	return sub {
		my ($name) = @_;

		$glue->put_connection(
			input => jdbc($name, %members),
			created => time - $age);
		$theirs = $glue->connection($name);
	};
}

my %unharmed = (
	created => 0,
	outcome => '42710',
	after => sub {
		is_deeply($glue->connection($_[0]), $theirs, 'which is unchanged');
	});

test_case('a connection was there',
	%unharmed, before => put_in(0), requests => 'C');
foreach my $age (10, 3600)
{
	my @given = (%unharmed, before => put_in($age),
		detail => qr/created before the request/);

	test_case("an equal one was there for $age s, lost before",
		@given, create => [ \%before ], requests => 'C G');
	test_case("an equal one was there for $age s, lost after",
		@given, create => [ \%after ], requests => 'C G');
	test_case("an equal one was there for $age s, and is seen late",
		@given,
		create => [ \%before ],
		get => [ \%missing ],
		requests => 'C G C G');
}

# While we tried, somebody created another one: as the test does that before,
# its time is some way ahead, for machines that are slow.
my %properties = %{ jdbc('x')->{ConnectionProperties} };
my %other = (
	'Description' => { Description => 'theirs' },
	'ConnectionType' => { ConnectionType => 'KAFKA' },
	'MatchCriteria' => { MatchCriteria => ['theirs'] },
	'ConnectionProperties.USERNAME' =>
	  { ConnectionProperties => { %properties, USERNAME => 'theirs' } },
	'ConnectionProperties.JDBC_ENFORCE_SSL' =>
	  { ConnectionProperties => { %properties, JDBC_ENFORCE_SSL => 'true' } },
	'SparkProperties.x' => { SparkProperties => { x => 'theirs' } },
	'PhysicalConnectionRequirements.SubnetId' => {
		PhysicalConnectionRequirements => { SubnetId => 'subnet-1' } },
	'AuthenticationConfiguration.AuthenticationType' => {
		AuthenticationConfiguration => { AuthenticationType => 'IAM' } });
foreach my $path (sort keys %other)
{
	my @given = (%unharmed, before => put_in(-2, %{ $other{$path} }),
		detail => qr/\$\.\Q$path\E\b/);

	test_case("one with another $path, lost before",
		@given, create => [ \%before ], requests => 'C G');
}
test_case(
	'another one that is seen late',
	%unharmed,
	before => put_in(-2, Description => 'theirs'),
	create => [ \%before ],
	get => [ \%missing ],
	requests => 'C G C G');

#
# Another client deletes our connection before we could read it
#

$name = 'deleted';
$glue->misbehave(operation => 'CreateConnection', %after, delay_ms => 5000);
my $watch = $cluster->watch;
my $session = $cluster->session;
$session->send(create_sql(jdbc($name)));
wait_until(sub { $glue->created($name) }, 'the connection is created');
$glue->remove_connection($name);
my $deleted_at = time;
my $result = $session->result;
$session->quit;

my ($read) = $watch->requests('GetConnection');
cmp_ok($read->{time}, '>', $deleted_at, 'deleted in time');
is($watch->operations, 'CreateConnection GetConnection CreateConnection',
	'a connection deleted meanwhile is created again');
is($result->output, 'READY', 'for that is the request');
is($cluster->row($name)->{status}, 'READY', 'and the record');
ok($glue->connection($name), 'and the state of AWS Glue');

$cluster->finish;
done_testing();
