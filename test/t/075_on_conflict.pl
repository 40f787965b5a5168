# Copyright (c) 2026, glue_conn contributors
#
# A create whose name is taken.
#
# "error" reports that.  "adopt" records the connection if its visible
# definition matches; if not, it reports the differences, and records nothing.
# "update" sets the definition, unless that would delete a password.  Neither
# creates anything twice, even after lost answers, and neither claims to know a
# password that it cannot know.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;
use Time::HiRes qw(time);

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

my %letter = (
	CreateConnection => 'C',
	GetConnection => 'G',
	UpdateConnection => 'U');

# All output, to be searched for secrets at the end.
my $said = '';

# Make a call of glue_create_connection(); returns its result and, as a word of
# letters, which messages were sent.
sub create
{
	my ($input, $action, $with) = @_;
	my $watch = $cluster->watch;
	my $result = ($with // $session)
	  ->query(create_sql($input, on_conflict => $action));

	$said .= $result->output . $result->text;
	return ($result,
		join ' ', map { $letter{ $_->{operation} } } $watch->requests);
}

# A call must return this status, and these messages must be sent.
sub creates
{
	my ($what, $input, $action, $status, $expected) = @_;
	my ($result, $requests) = create($input, $action);

	is($result->output, $status, "$what: status") or diag($result->text);
	is($requests, $expected, "$what: messages");
	return $result;
}

# A call must fail, and record nothing that was not recorded before.
sub fails
{
	my ($what, $input, $action, $sqlstate, $expected) = @_;
	my $name = json_value(json_text($input))->{Name};
	my $before = $cluster->row($name);
	my ($result, $requests) = create($input, $action);

	is($result->sqlstate, $sqlstate, "$what: SQLSTATE")
	  or diag($result->text);
	is($requests, $expected, "$what: messages");
	is_deeply($cluster->row($name), $before, "$what: nothing is recorded");
	return $result;
}

# An input with changed properties: undef removes one.
sub with_properties
{
	my ($input, %changes) = @_;
	my %properties = (%{ $input->{ConnectionProperties} }, %changes);

	delete $properties{$_}
	  foreach grep { !defined $properties{$_} } keys %properties;
	return { %$input, ConnectionProperties => \%properties };
}

#
# A connection that is defined as it should be
#

$glue->put_connection(
	input => jdbc('equal'),
	created => 1700000000.5,
	updated => 1700000001.25);
my $before = $glue->connection('equal');
creates('an equal one', jdbc('equal'), 'adopt', 'READY', 'C G');
is_deeply($glue->connection('equal'), $before, 'it stays as it is');
is($glue->created('equal'), 0, 'nothing was created');
my $row = $cluster->row('equal');
is($row->{status}, 'READY', 'it is recorded');
is($row->{connection_properties}{USERNAME}, 'loader', 'as it is defined');
is($row->{connection_properties}{PASSWORD}, '********', 'without the secret');
like($row->{creation_time}, qr/^2023-11-14T22:13:20.5/, 'with its age');
like($row->{last_updated_time}, qr/^2023-11-14T22:13:21.25/, 'its last change');
like($row->{last_updated_by}, qr/^arn:/, 'the author of that');
is($row->{connection_schema_version}, 1, 'its version');
is($row->{secret_digest}, undef, 'its secrets are not known');
is($cluster->drift('equal'), '', 'it is as it was recorded');
creates('an adopted one', jdbc('equal'), 'adopt', 'READY', 'C G');
is($cluster->row('equal')->{secret_digest}, undef,
	'its secrets are still not known');

$session->must('BEGIN');
$glue->put_connection(input => jdbc('rolled back'));
creates('in a transaction', jdbc('rolled back'), 'adopt', 'READY', 'C G');
$session->must('ROLLBACK');
is($cluster->row('rolled back'), undef, 'a rolled-back adoption is not recorded');

#
# Answers that differ from the input in form
#

sub fanciful
{
	my ($name, %members) = @_;

	return jdbc(
		$name,
		Description => '',
		MatchCriteria => [],
		SparkProperties => {},
		PhysicalConnectionRequirements => {
			SubnetId => 'subnet-0a1b2c3d',
			SecurityGroupIdList => [ 'sg-00000001', 'sg-00000002' ],
			AvailabilityZone => 'us-east-1a'
		},
		ConnectionProperties => {
			JDBC_CONNECTION_URL => 'jdbc:postgresql://h/d',
			USERNAME => 'loader',
			PASSWORD => 'Secret-Password',
			JDBC_ENFORCE_SSL => JSON::PP::true,
			FETCHSIZE => 1000,
			PythonProperties => '{"a": 1, "b": {"c": [2]}}'
		},
		%members);
}

my $number = 0;
foreach my $encrypted (0, 1)
{
	foreach my $hidden (qw(all plain none))
	{
		my $what = "passwords are hidden: $hidden, encrypted: $encrypted";
		my $name = 'returned ' . ++$number;
		my $theirs = with_properties(
			fanciful($name),
			JDBC_ENFORCE_SSL => 'true',
			FETCHSIZE => '1000',
			PythonProperties => '{"b":{"c":[2]},"a":1}');

		$glue->set(
			hide_password => $hidden,
			encrypt_passwords => $encrypted ? \1 : \0);
		delete $theirs->{$_} foreach qw(Description MatchCriteria);
		$theirs->{PhysicalConnectionRequirements}{SecurityGroupIdList} =
		  [ 'sg-00000002', 'sg-00000001' ];
		$glue->put_connection(input => $theirs);
		creates($what, fanciful($name), 'adopt', 'READY', 'C G');
		is($cluster->drift($name), '', "$what: no drift");
		is($cluster->row($name)->{secret_digest}, undef,
			"$what: the secrets are not known");
	}
}
$glue->set(hide_password => 'all', encrypt_passwords => \0);

#
# A connection that is defined otherwise
#

my %theirs = (
	Description => 'theirs',
	MatchCriteria => [ 'a', 'b' ],
	PhysicalConnectionRequirements =>
	  { SecurityGroupIdList => [ 'sg-1', 'sg-2' ] });
$glue->put_connection(
	input => with_properties(
		jdbc('other', %theirs),
		USERNAME => 'theirs',
		JDBC_ENFORCE_SSL => 'true'),
	tags => { team => 'theirs' });
$before = $glue->connection('other');
my $ours = with_properties(
	jdbc(
		'other',
		MatchCriteria => ['a'],
		SparkProperties => { fetchsize => '5' },
		PhysicalConnectionRequirements =>
		  { SecurityGroupIdList => ['sg-1'], SubnetId => 'subnet-1' }),
	JDBC_CONNECTION_URL => 'jdbc:postgresql://me:Secret-Url@db.example/sales',
	PASSWORD => 'Secret-Other');
my $result = fails('another one', $ours, 'adopt', '42710', 'C G');
is( $result->message,
	'AWS Glue connection "other" exists, but is defined differently',
	'one error');
my @differences = split /\n/, $result->detail;
my @expected = (
	qr/^\$\.ConnectionProperties\.USERNAME was given as "loader", but AWS Glue has "theirs"$/,
	qr/^\$\.ConnectionProperties\.JDBC_CONNECTION_URL was given as "jdbc:postgresql:\/\/me:\*{8}\@db\.example\/sales", but AWS Glue has "jdbc:/,
	qr/^\$\.ConnectionProperties\.JDBC_ENFORCE_SSL was not given, but AWS Glue has "true"$/,
	qr/^\$\.Description was not given, but AWS Glue has "theirs"$/,
	qr/^\$\.MatchCriteria was given as a list of 1, but AWS Glue has a list of 2$/,
	qr/^\$\.PhysicalConnectionRequirements\.SecurityGroupIdList was given as a list of 1, but AWS Glue has a list of 2$/,
	qr/^\$\.PhysicalConnectionRequirements\.SubnetId was given as "subnet-1", but AWS Glue does not have it$/,
	qr/^\$\.SparkProperties\.fetchsize was given as "5", but AWS Glue does not have it$/);
is(scalar @differences, scalar @expected, 'with every difference')
  or diag($result->detail);
like($differences[$_], $expected[$_], 'difference ' . ($_ + 1))
  foreach 0 .. $#expected;
like($result->hint, qr/on_conflict => 'update'/, 'with a remedy');
is_deeply($glue->connection('other'), $before, 'it stays as it is');

# Credentials that it has, and that the input lacks.
my %kafka = (
	Name => 'keystore',
	ConnectionType => 'KAFKA',
	ConnectionProperties => {
		KAFKA_BOOTSTRAP_SERVERS => 'b:9098',
		KAFKA_CLIENT_KEYSTORE => 's3://a/b',
		KAFKA_CLIENT_KEYSTORE_PASSWORD => 'Secret-Keystore'
	});
my $bare = with_properties(\%kafka, KAFKA_CLIENT_KEYSTORE_PASSWORD => undef);
$glue->put_connection(input => \%kafka);
foreach my $hidden (qw(all none))
{
	$glue->set(hide_password => $hidden);
	my $value = $hidden eq 'none' ? 'a value' : 'a hidden value';
	$result =
	  fails("without a password, hidden: $hidden", $bare, 'adopt', '42710', 'C G');
	like($result->detail,
		qr/^\$\.ConnectionProperties\.KAFKA_CLIENT_KEYSTORE_PASSWORD has $value[^\n]*$/,
		'which it has');
}
$glue->set(hide_password => 'all');
creates('with the password', \%kafka, 'adopt', 'READY', 'C G');

#
# Secrets that this database has sent
#

# The digest of a connection that this database has created.
sub make
{
	my ($input) = @_;

	$session->must(create_sql($input));
	return $cluster->row($input->{Name})->{secret_digest};
}

my $mine = jdbc('mine');
my $digest = make($mine);
isnt($digest, undef, 'a create records a digest');
creates('our own', $mine, 'adopt', 'READY', 'C G');
is($cluster->row('mine')->{secret_digest}, $digest, 'its secrets are known');
my $another = with_properties($mine, PASSWORD => 'Secret-Another');
$result = fails('our own, with another password',
	$another, 'adopt', '42710', 'C G');
is($result->detail, '$ has other secrets than those that were sent before',
	'is not equal');
$result = fails('with another password and user',
	with_properties($another, USERNAME => 'me'), 'adopt', '42710', 'C G');
is(scalar(my @lines = split /\n/, $result->detail), 2, 'both are named');

# A digest says where a secret is.
my $tokens = with_properties(jdbc('tokens'),
	a_token => 'Secret-A', b_token => 'Secret-B');
make($tokens);
fails('two that are swapped',
	with_properties($tokens, a_token => 'Secret-B', b_token => 'Secret-A'),
	'adopt', '42710', 'C G');
creates('two that are not', $tokens, 'adopt', 'READY', 'C G');

# One that has no secret any more, for all that can be seen.
my %network = (
	Name => 'parameters',
	ConnectionType => 'NETWORK',
	ConnectionProperties => { a_token => 'Secret-Token' },
	PhysicalConnectionRequirements => { SubnetId => 'subnet-0a1b2c3d',
		AvailabilityZone => 'us-east-1a' });
make(\%network);
$glue->misbehave(
	operation => 'GetConnection',
	kind => 'garbage',
	body => json_text({
			Connection =>
			  { %network, ConnectionProperties => {}, Status => 'READY' }
		}));
$result = fails('one whose secret is hidden',
	{ %network, ConnectionProperties => {} }, 'adopt', '42710', 'C G');
like($result->detail, qr/\.a_token was given before and is hidden/,
	'and is still there, as far as is known');

# Somebody else has changed it, and this database knows when it was changed.
$session->must('SELECT count(*) FROM glue_sync_connections()');
is($cluster->row('mine')->{secret_digest}, $digest,
	'a sync leaves the digest alone');
creates('our own after a sync', $mine, 'adopt', 'READY', 'C G');
is($cluster->row('mine')->{secret_digest}, $digest, 'and so does adopting it');
my $created = $glue->connection('mine')->{created};
$glue->put_connection(
	input => $another, created => $created, updated => $created + 1);
creates('one that was updated since', $mine, 'adopt', 'READY', 'C G');
is($cluster->row('mine')->{secret_digest}, undef,
	'its secrets are unknown');
creates('with another password', $another, 'adopt', 'READY', 'C G');
is($cluster->row('mine')->{secret_digest}, undef, 'nor then');

# The same, and it was never read before.
foreach my $what (qw(created updated))
{
	my $input = jdbc("$what since");

	make($input);
	$glue->put_connection(
		input => with_properties($input, PASSWORD => 'Secret-Theirs'),
		created => time + ($what eq 'created' ? 3600 : 0),
		updated => time + 3600);
	creates("one that was $what since", $input, 'adopt', 'READY', 'C G');
	is($cluster->row("$what since")->{secret_digest}, undef,
		"$what since: its secrets are unknown");
}

# That compares two clocks, which need not agree.
foreach my $offset (-200, 200)
{
	my $input = jdbc("$offset s off");

	$glue->set(clock_offset_s => $offset);
	$digest = make($input);
	creates("a clock that is $offset s off", $input, 'adopt', 'READY', 'C G');
	is($cluster->row("$offset s off")->{secret_digest}, $digest,
		"$offset s off: its secrets are known");
}
$glue->set(clock_offset_s => 0);

# A dump that was restored: the digests were made with another key.
make(jdbc('restored'));
$session->must("UPDATE glue_secret_key SET key = sha256('x')");
my $restored = $cluster->session;
($result) = create(with_properties(jdbc('restored'), PASSWORD => 'Secret-New'),
	'adopt', $restored);
is($result->output, 'READY', 'with another key, secrets cannot be compared')
  or diag($result->text);
is($cluster->row('restored')->{secret_digest}, undef, 'and are not known');
$restored->quit;

#
# Update
#

$glue->put_connection(input => jdbc('updated', Description => 'theirs'));
creates('an existing one', jdbc('updated', Description => 'ours'),
	'update', 'READY', 'C G U G');
is($glue->connection('updated')->{definition}{Description},
	'ours', 'it is updated');
is($glue->created('updated'), 0, 'and not created');
is($cluster->row('updated')->{description}, 'ours', 'and recorded');
$digest = $cluster->row('updated')->{secret_digest};
isnt($digest, undef, 'with a digest');
creates('an updated one', jdbc('updated', Description => 'ours'),
	'adopt', 'READY', 'C G');
is($cluster->row('updated')->{secret_digest}, $digest, 'its secrets are known');
$result = fails('one that would lose its password',
	with_properties(\%kafka, KAFKA_CLIENT_KEYSTORE_PASSWORD => undef),
	'update', '22023', 'C G');
like($result->message, qr/^update of .* "keystore" would remove its cred/,
	'says so');
is( $glue->connection('keystore')
	  ->{definition}{ConnectionProperties}{KAFKA_CLIENT_KEYSTORE_PASSWORD},
	'Secret-Keystore', 'and leaves it alone');
foreach my $action (qw(adopt update))
{
	creates("a new one, $action", jdbc("new $action"), $action, 'READY', 'C');
	is($glue->created("new $action"), 1, "$action: created");
	isnt($cluster->row("new $action")->{secret_digest},
		undef, "$action: its secrets are known");
}

#
# Error
#

$glue->put_connection(input => jdbc('taken'));
$result = fails('an equal one', jdbc('taken'), 'error', '42710', 'C');
is( $result->message,
	'could not create AWS Glue connection "taken": AlreadyExistsException',
	'quotes AWS');
is($session->query(create_sql(jdbc('taken')))->sqlstate,
	'42710', 'the same without on_conflict');
is($session->query(create_sql(jdbc('taken'), on_conflict => undef))->sqlstate,
	'22023', 'null is no action');

#
# Lost answers
#

foreach my $action (qw(adopt update))
{
	foreach my $case ([ 'lost-before', 'C G C' ], [ 'lost-after', 'C G' ])
	{
		my ($kind, $requests) = @$case;
		my $name = "$kind $action";

		$glue->misbehave(operation => 'CreateConnection', kind => $kind);
		$result = creates("$name", jdbc($name), $action, 'READY', $requests);
		is($glue->created($name), 1, "$name: created once");
		is(scalar(my @notices = $result->messages('NOTICE')),
			$kind eq 'lost-after' ? 1 : 0, "$name: found, and so no conflict");
		isnt($cluster->row($name)->{secret_digest},
			undef, "$name: its secrets are known");

		# the same for one that is there
		$name .= ' there';
		$glue->put_connection(input => jdbc($name), created => time - 3600);
		$glue->misbehave(operation => 'CreateConnection', kind => $kind);
		creates($name, jdbc($name), $action, 'READY',
			$action eq 'adopt' ? 'C G G' : 'C G G U G');
		is($glue->created($name), 0, "$name: not created");
		is($cluster->row($name)->{status}, 'READY', "$name: but recorded");
	}

	$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after');
	$glue->misbehave(
		operation => 'GetConnection',
		kind => 'error',
		code => 'AccessDeniedException');
	fails("unknown, $action", jdbc("unknown $action"), $action, '08007', 'C G');
	creates("not unknown any more, $action",
		jdbc("unknown $action"), $action, 'READY',
		$action eq 'adopt' ? 'C G' : 'C G U G');
	is($glue->created("unknown $action"), 1, "created once, $action");
}
$glue->misbehave(operation => 'UpdateConnection', kind => 'lost-after');
creates('a lost answer to the update',
	jdbc('updated', Description => 'lost'),
	'update', 'READY', 'C G U U G');
is($cluster->row('updated')->{description}, 'lost', 'is resolved');

#
# Reading fails
#

foreach my $action (qw(adopt update))
{
	my @denied = (kind => 'error', code => 'AccessDeniedException');
	my $input = jdbc('unreadable', Description => $action);

	$glue->put_connection(input => $input);
	$glue->misbehave(operation => 'GetConnection', @denied);
	fails("not allowed to read, $action", $input, $action, '42501', 'C G');
	$glue->misbehave(operation => 'GetConnection', kind => 'garbage',
		form => 'text');
	fails("no answer, $action", $input, $action, '08P01', 'C G');
	$glue->misbehave(operation => 'GetConnection', kind => 'garbage',
		body => '{}');
	fails("no connection in it, $action", $input, $action, '08P01', 'C G');
	is($glue->connection('unreadable')->{definition}{Description},
		$action, "nothing was changed, $action");
}
$glue->misbehave(operation => 'GetConnection', kind => $_)
  foreach qw(throttle lost-before);
creates('read at last', jdbc('unreadable', Description => 'update'),
	'adopt', 'READY', 'C G G G');

#
# Somebody else deletes it meanwhile
#

my %exists = (
	operation => 'CreateConnection',
	kind => 'error',
	code => 'AlreadyExistsException');
foreach my $action (qw(adopt update))
{
	$glue->misbehave(%exists);
	$result =
	  fails("gone, $action", jdbc("gone $action"), $action, '42704', 'C G');
	like($result->message, qr/"gone $action": EntityNotFoundException$/,
		"names the missing connection, $action");
}
$glue->put_connection(input => jdbc('gone late', Description => 'x'));
$glue->misbehave(
	operation => 'UpdateConnection',
	kind => 'error',
	code => 'EntityNotFoundException');
fails('gone after it was read', jdbc('gone late'), 'update', '42704', 'C G U');

# A recorded connection that does not exist any more is created.
$digest = make(jdbc('gone before'));
$glue->remove_connection('gone before');
creates('gone before', jdbc('gone before'), 'adopt', 'READY', 'C');
is($cluster->row('gone before')->{secret_digest}, $digest, 'and recorded');

#
# Other states
#

$glue->put_connection(input => jdbc('slow'), status => 'IN_PROGRESS');
creates('in progress', jdbc('slow'), 'adopt', 'IN_PROGRESS', 'C G');
is($cluster->row('slow')->{status}, 'IN_PROGRESS', 'is recorded');
$glue->put_connection(
	input => jdbc('failed'),
	status => 'FAILED',
	status_reason => 'Wrong password "Secret-Password".');
$result = creates('failed', jdbc('failed'), 'adopt', 'FAILED', 'C G');
like(($result->messages('WARNING'))[0]{message},
	qr/"failed" exists, but is not usable/, 'is a warning');
is($cluster->row('failed')->{status_reason},
	'Wrong password "********".', 'and is recorded, without the secret');
$glue->put_connection(input => jdbc('old'));
$glue->misbehave(
	operation => 'GetConnection',
	kind => 'garbage',
	body => json_text({ Connection => jdbc('old') }));
creates('one without a status', jdbc('old'), 'adopt', 'READY', 'C G');
is($cluster->row('old')->{status}, 'READY', 'is ready');

#
# Two sessions
#

# Have another session make a call while this one's transaction is open, and
# end that; returns the outcome of the call, and its messages before that.
sub meanwhile
{
	my ($what, $input, $end) = @_;
	my $other = $cluster->session;
	my $watch = $cluster->watch;

	$other->send(create_sql($input, on_conflict => 'adopt'));
	wait_until(sub {
		$cluster->query('SELECT count(*) FROM pg_stat_activity WHERE pid = '
			  . $other->pid . " AND wait_event_type = 'Lock'")->output eq '1';
	}, "$what: the other session waits");
	my $requests = join ' ',
	  map { $letter{ $_->{operation} } } $watch->requests;
	$session->must($end);
	my $result = $other->result;
	$said .= $result->output . $result->text;
	$other->quit;
	return ($result, $requests);
}

foreach my $end (qw(COMMIT ROLLBACK))
{
	my $what = "created, $end";
	my $input = jdbc($what);

	$session->must('BEGIN; ' . create_sql($input));
	($result) = meanwhile($what, $input, $end);
	is($result->output, 'READY', "$what: and adopted") or diag($result->text);
	is($glue->created($what), 1, "$what: once");
	is($cluster->row($what)->{status}, 'READY', "$what: and recorded");

	$what = "adopted, $end";
	$input = jdbc($what);
	$glue->put_connection(input => $input);
	$session->must('BEGIN; ' . create_sql($input, on_conflict => 'adopt'));
	($result, my $requests) = meanwhile($what, $input, $end);
	is($requests, '', "$what: nothing is sent before");
	is($result->output, 'READY', "$what: and adopted") or diag($result->text);
	is($cluster->row($what)->{status}, 'READY', "$what: and recorded");

	$what = "updated, $end";
	$input = jdbc($what, Description => 'ours');
	$glue->put_connection(input => jdbc($what));
	$session->must('BEGIN; ' . create_sql($input, on_conflict => 'update'));
	($result, $requests) = meanwhile($what, $input, $end);
	is($requests, '', "$what: nothing is sent before");
	is($result->output, 'READY', "$what: and adopted") or diag($result->text);
	is($cluster->row($what)->{description}, 'ours', "$what: and recorded");
}

# Many at once: one of them creates it, and all of them succeed.
my @sessions = map { $cluster->session } 1 .. 6;
$_->send(create_sql(jdbc('crowd'), on_conflict => 'adopt')) foreach @sessions;
my @results = map { $_->result } @sessions;
is(join(' ', map { $_->output } @results), join(' ', ('READY') x 6),
	'a crowd of sessions')
  or diag(map { $_->text } @results);
is($glue->created('crowd'), 1, 'creates it once');
is($session->must("SELECT count(*) FROM glue_connection WHERE name = 'crowd'")
	  ->output, '1', 'and records it once');
$_->quit foreach @sessions;

is($cluster->drift($_), '', "$_: the table agrees with AWS Glue")
  foreach 'crowd', 'updated', 'created, COMMIT', 'adopted, ROLLBACK';
unlike($said, qr/Secret-/, 'no secret was disclosed');

$session->quit;
$cluster->finish;
done_testing();
