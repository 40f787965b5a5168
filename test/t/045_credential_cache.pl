# Copyright (c) 2026, glue_conn contributors
#
# Temporary credentials are kept, and shared if the library is preloaded.
#
# However many backends need them, one of them asks; when that one fails, is
# cancelled or crashes, the others wait for a bounded time.  The journal of the
# local Glue has the number of fetches.

use strict;
use warnings;

use GlueConn::Callers qw(role);
use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $home = PostgreSQL::Test::Utils::tempdir();
my $config = "$home/config";
my $cluster = GlueConn::Cluster->start(
	environment => { HOME => $home },
	preload => 1);
my $glue = $cluster->glue;
my $admin;

# The instance answers with credentials, within the time of the test.
my %imds = (
	AWS_EC2_METADATA_DISABLED => 'false',
	AWS_EC2_METADATA_SERVICE_ENDPOINT => $glue->metadata_url,
	AWS_METADATA_SERVICE_TIMEOUT => '60',
	AWS_METADATA_SERVICE_NUM_ATTEMPTS => '1');
my @steps = qw(Metadata.Token Metadata.Roles Metadata.RoleCredentials);
my %container =
  (AWS_CONTAINER_CREDENTIALS_FULL_URI => $glue->metadata_url
	  . '/v1/credentials');

append_to_file($config,
	join '',
	map { "[profile role$_]\nrole_arn = " . role($_)
		  . "\ncredential_source = "
		  . ($_ eq 'short' ? "EcsContainer\nduration_seconds = 900\n" : "Ec2InstanceMetadata\n") }
	  1 .. 70, 'short');

# Start the server anew, with an empty cache and these variables.
sub anew
{
	my (%variables) = @_;

	$glue->behave;
	$glue->set(metadata_expires_in => 21600);
	$cluster->restart(
		HOME => $home,
		AWS_CONFIG_FILE => $config,
		%variables);
	$admin = $cluster->session;
	return;
}

# Wait until credentials that were just got may be asked for again.
sub rest { return sleep 2.1; }

# Have AWS take the credentials that it has given out for an hour.
sub keep_minted
{
	foreach my $minted (grep { $_->{access_key} =~ /^ASIA/ } $glue->credentials)
	{
		$glue->add_credentials(
			(map { $_ => $minted->{$_} } qw(access_key secret_key token arn account)),
			expires_in => 3600);
	}
	return;
}

# Test the messages for credentials since a moment, and their order.
sub asked
{
	my ($case, $watch, @operations) = @_;

	is($watch->operations, "@operations", $case);
}

# The part of the server's log that was written since a position
sub logged
{
	my ($since) = @_;

	return substr slurp_file($cluster->node->logfile), $since;
}

sub log_position { return -s $cluster->node->logfile; }

# Wait until a backend waits for another one's refresh.
sub wait_for_waiter
{
	my ($session) = @_;

	wait_until(
		sub {
			$admin->must('SELECT wait_event_type FROM pg_stat_activity'
				  . ' WHERE pid = ' . $session->pid)->output eq 'Extension';
		},
		'a backend that waits for credentials');
}

sub wait_for_request
{
	my ($watch, $operation, $times) = @_;

	wait_until(sub { $watch->sent($operation) >= ($times // 1) },
		"$operation at the local Glue");
}

#
# Many backends at once
#

# Start so many sessions, and have them make a call at the same moment;
# returns their results.
sub all_at_once
{
	my ($number, %settings) = @_;
	my @sessions = map { $cluster->session(settings => {%settings}) } 1 .. $number;

	$admin->must('SELECT pg_advisory_lock(1)');
	$_->send('SELECT pg_advisory_lock_shared(1); ' . get_sql('x'))
	  foreach @sessions;
	wait_until(
		sub {
			$admin->must('SELECT count(*) FROM pg_locks'
				  . " WHERE locktype = 'advisory' AND NOT granted")->output ==
			  $number;
		},
		'all sessions are ready');
	$admin->must('SELECT pg_advisory_unlock(1)');
	my @results = map { $_->result } @sessions;
	$_->quit foreach @sessions;
	return @results;
}

sub sqlstates
{
	my %count;

	$count{ $_->sqlstate }++ foreach @_;
	return join ' ', map { "$_: $count{$_}" } sort keys %count;
}

anew(%imds);
my $watch = $cluster->watch;
my @results = all_at_once(50);
is(sqlstates(@results), '42704: 50', '50 backends: all make their calls');
is(scalar(my @calls = $watch->requests('GetConnection')),
	50, '50 backends: each its own');
foreach my $step (@steps)
{
	is($watch->sent($step), 1, "50 backends: $step once");
}
my %callers = map { $_->{access_key} => 1 } @calls;
is(scalar keys %callers, 1, '50 backends: with the same credentials');
note 'the last of 50 took ' . (sort { $b <=> $a } map { $_->seconds } @results)[0];

$watch = $cluster->watch;
@results = all_at_once(50, 'glue_conn.profile' => 'role1');
is(sqlstates(@results), '42704: 50', '50 backends, a role: all make their calls');
foreach my $step (@steps, 'AssumeRole')
{
	is($watch->sent($step), 1, "50 backends, a role: $step once");
}

# Nor do they wait for credentials that end soon, if the source has no newer
# ones.
anew(%imds);
$glue->set(metadata_expires_in => 300);
$watch = $cluster->watch;
is(sqlstates(all_at_once(20)), '42704: 20',
	'20 backends, 5 minutes: all make their calls');
cmp_ok($watch->sent('Metadata.Token'), '<=', 2,
	'20 backends, 5 minutes: hardly more than once');
$glue->set(metadata_expires_in => 21600);

# All wait for a source that gives nothing, and each gets the error.
$glue->misbehave(operation => 'Metadata.Token', kind => 'error',
	status => 403, times => 0);
@results = all_at_once(10, 'glue_conn.profile' => 'role2');
is(sqlstates(@results), '28000: 10', 'a source that fails: all get the error');
$glue->behave;

# The memory with the secrets is left out of core dumps.
my $smaps = slurp_file('/proc/' . $admin->pid . '/smaps');
like(
	$smaps,
	qr{/dev/zero \(deleted\)\n(?:(?!VmFlags)[^\n]*\n)*VmFlags:[^\n]*\bdd\b},
	'the shared secrets are not dumped');

#
# A refresher that does not finish
#

my %lost = (
	'terminated' => 'pg_terminate_backend',
	'cancelled' => 'pg_cancel_backend');
foreach my $case (sort keys %lost)
{
	anew(%imds);
	my ($first, $second) = ($cluster->session, $cluster->session);

	$glue->misbehave(operation => 'Metadata.Token', kind => 'stall');
	$watch = $cluster->watch;
	$first->send(get_sql('x'));
	wait_for_request($watch, 'Metadata.Token');
	$second->send(get_sql('x'));
	wait_for_waiter($second);
	asked("$case: one is asking", $watch, 'Metadata.Token');
	my $started = time;
	$admin->must("SELECT $lost{$case}(" . $first->pid . ')');
	is($second->result->sqlstate, '42704', "$case: another one takes over");
	cmp_ok(time - $started, '<', 3, "$case: soon");
	like($first->result->sqlstate, qr/^57/, "$case: the first has ended");
	asked("$case: all steps are repeated",
		$watch, 'Metadata.Token', @steps, 'GetConnection');
	$_->quit foreach $first, $second;
}

# A refresher that fails: the waiting backends get its error, and do not try
# themselves.
anew(%imds);
{
	my ($first, $second) = ($cluster->session, $cluster->session);

	$glue->misbehave(operation => 'Metadata.Token', kind => 'error',
		status => 403, delay_ms => 700, times => 0);
	$watch = $cluster->watch;
	$first->send(get_sql('x'));
	wait_for_request($watch, 'Metadata.Token');
	$second->send(get_sql('x'));
	wait_for_waiter($second);
	is($first->result->sqlstate, '28000', 'a refresher that fails: it gets the error');
	my $other = $second->result;
	is($other->sqlstate, '28000', 'a refresher that fails: so is the waiting session');
	like($other->detail, qr/^Another session .*HTTP status 403/,
		'a refresher that fails: and why');
	asked('a refresher that fails', $watch, 'Metadata.Token');
	is($first->query(get_sql('x'))->sqlstate, '28000',
		'a refresher that fails: a later session tries again');
	asked('a refresher that fails, later', $watch,
		'Metadata.Token', 'Metadata.Token');
	$glue->behave;
	$_->quit foreach $first, $second;
}

# One that waits for another can be stopped as well, which that one never
# learns.
foreach my $case (
	[ 'cancelled', 'SELECT pg_cancel_backend(%d)', '57014' ],
	[ 'terminated', 'SELECT pg_terminate_backend(%d)', '57P01' ],
	[ 'out of time', undef, '57014' ])
{
	my ($how, $sql, $sqlstate) = @$case;

	anew(%imds);
	my ($first, $second) = ($cluster->session, $cluster->session);
	$glue->misbehave(operation => 'Metadata.Token', kind => 'slow',
		delay_ms => 3000);
	$watch = $cluster->watch;
	$first->send(get_sql('x'));
	wait_for_request($watch, 'Metadata.Token');
	$second->must("SET statement_timeout = '300ms'") if !$sql;
	$second->send(get_sql('x'));
	wait_for_waiter($second) if $sql;
	my $started = time;
	$admin->must(sprintf $sql, $second->pid) if $sql;
	is($second->result->sqlstate, $sqlstate, "a waiter is $how: SQLSTATE");
	cmp_ok(time - $started, '<', 1, "a waiter is $how: at once");
	is($first->result->sqlstate, '42704', "a waiter is $how: the other continues");
	asked("a waiter is $how: messages", $watch, @steps, 'GetConnection');
	$_->quit foreach $first, $second;
}

# Those that expire while a call waits for its turn are not sent.
anew(%imds);
{
	my $session = $cluster->session;

	$glue->set(metadata_expires_in => 3);
	$glue->misbehave(operation => 'GetConnection', kind => 'throttle', times => 0);
	$watch = $cluster->watch;
	$session->send(get_sql('x'));
	ok(wait_until(sub {
			my %keys = map { $_->{access_key} => 1 } $watch->requests('GetConnection');
			keys %keys > 1;
		}, 'other credentials'), 'when they have expired, others are got before anything is sent');
	$glue->behave;
	is($session->result->sqlstate, '42704', 'and the call continues with them');
	$session->quit;
	$glue->set(metadata_expires_in => 21600);
}

# If there are none that our clock calls good, that is found out once, not for each
# attempt: AWS has to say so.
anew(%container);
{
	my $session = $cluster->session;

	$glue->set(metadata_expires_in => 3);
	$glue->misbehave(operation => 'GetConnection', kind => 'throttle', times => 0);
	$watch = $cluster->watch;
	$session->send(get_sql('x'));
	wait_for_request($watch, 'GetConnection');
	$glue->set(metadata_expires_in => -10);
	wait_for_request($watch, 'Metadata.ContainerCredentials', 2);
	wait_for_request($watch, 'GetConnection', $watch->sent('GetConnection') + 3);
	keep_minted();
	$glue->behave;
	is($session->result->sqlstate, '42704', 'expired by our clock alone: the call continues');
	is($watch->sent('Metadata.ContainerCredentials'), 2,
		'expired by our clock alone: others are asked for once');
	$session->quit;
	$glue->set(metadata_expires_in => 21600);
}

#
# Refresh in good time
#

# With this many seconds left: the messages of the second call, and of a third
# one if the source fails; and its result
my %sources = (
	instance => [ {%imds}, [@steps] ],
	container => [ {%container}, ['Metadata.ContainerCredentials'] ]);
foreach my $source (sort keys %sources)
{
	my ($environment, $operations) = @{ $sources{$source} };
	my %down = (
		operation => 'Metadata.*',
		kind => 'error',
		status => 403,
		times => 0);

	anew(%$environment);
	my $session = $cluster->session;
	my $call = sub {
		my ($case, $sqlstate, @operations) = @_;
		$watch = $cluster->watch;
		is($session->query(get_sql('x'))->sqlstate, $sqlstate, "$case: result");
		asked("$case: messages", $watch, @operations);
		return ($watch->requests('GetConnection'))[0];
	};
	my $fresh = "$source, fresh";
	$call->($fresh, '42704', @$operations, 'GetConnection');
	$call->("$fresh, again", '42704', 'GetConnection');

	# from 15 minutes before the end, new ones are got if they can be
	anew(%$environment);
	$session = $cluster->session;
	$glue->set(metadata_expires_in => 720);
	my $old = $call->("$source, 12 minutes", '42704', @$operations, 'GetConnection');
	$call->("$source, 12 minutes, at once", '42704', 'GetConnection');
	rest();
	my $new = $call->("$source, 12 minutes, again",
		'42704', @$operations, 'GetConnection');
	isnt($new->{access_key}, $old->{access_key},
		"$source, 12 minutes: others are used");
	$glue->misbehave(%down);
	rest();
	my $position = log_position();
	$old = $call->("$source, 12 minutes, down",
		'42704', $operations->[0], 'GetConnection');
	is($old->{access_key}, $new->{access_key},
		"$source, 12 minutes, down: the old ones are used");
	my @failures = logged($position) =~ /LOG:  (could not (?:get|find) AWS credentials.*)/g;
	is(scalar @failures, 1, "$source, 12 minutes, down: is logged");
	$call->("$source, 12 minutes, down for long", '42704', 'GetConnection');
	is( $admin->query(get_sql('x'))->sqlstate, '42704',
		"$source, 12 minutes, down: for another backend, too");
	asked("$source, 12 minutes, down: which asks no service",
		$watch, 'GetConnection', 'GetConnection');

	# from 10 minutes before the end, they must be got
	anew(%$environment);
	$session = $cluster->session;
	$glue->set(metadata_expires_in => 300);
	$call->("$source, 5 minutes", '42704', @$operations, 'GetConnection');
	$call->("$source, 5 minutes, at once", '42704', 'GetConnection');
	rest();
	$call->("$source, 5 minutes, again", '42704', @$operations, 'GetConnection');
	$glue->misbehave(%down);
	rest();
	if ($source eq 'container')
	{
		$call->("$source, 5 minutes, down", '28000', $operations->[0]);
	}
	else
	{
		# AWS extends the credentials of an instance
		$call->("$source, 5 minutes, down",
			'42704', $operations->[0], 'GetConnection');
		$call->("$source, 5 minutes, down for long", '42704', 'GetConnection');
	}
	$session->quit;
}

# Static stability: credentials of an instance beyond their end
anew(%imds);
my $session = $cluster->session;
$glue->set(metadata_expires_in => 1);
$watch = $cluster->watch;
is($session->query(get_sql('x'))->sqlstate, '42704', 'stability: before the end');
my ($request) = $watch->requests('GetConnection');
my ($known) =
  grep { $_->{access_key} eq $request->{access_key} } $glue->credentials;
$glue->add_credentials(
	(map { $_ => $known->{$_} } qw(access_key secret_key token arn account)),
	expires_in => 3600);
sleep 1.5;
$glue->misbehave(operation => 'Metadata.*', kind => 'error',
	status => 500, times => 0);
my $position = log_position();
$watch = $cluster->watch;
is($session->query(get_sql('x'))->sqlstate, '42704', 'stability: beyond the end')
  foreach 1 .. 2;
is($cluster->query(get_sql('x'))->sqlstate,
	'42704', 'stability: for another backend');
asked('stability: the service is asked once',
	$watch, 'Metadata.Token', ('GetConnection') x 3);
is(($watch->requests('GetConnection'))[2]{access_key},
	$known->{access_key}, 'stability: the old credentials are used');
like(logged($position), qr/LOG:  could not get AWS credentials from the instance/,
	'stability: the failure is logged');

# ... also if the service issues expired ones.
anew(%imds);
$session = $cluster->session;
$glue->set(metadata_expires_in => -10);
$session->query(get_sql('x'));
keep_minted();
$watch = $cluster->watch;
is($session->query(get_sql('x'))->sqlstate,
	'42704', 'expired credentials from the service are used');
asked('expired credentials from the service are kept', $watch, 'GetConnection');

# A role that lasts for the shortest time is always in its last 15 minutes.
anew(%container);
$session =
  $cluster->session(settings => { 'glue_conn.profile' => 'roleshort' });
$session->query(get_sql('x'));
rest();
$glue->set(roles => { role('short') => { deny => \1 } });
$watch = $cluster->watch;
is($session->query(get_sql('x'))->sqlstate, '42704',
	'a role that is not granted any more is used to its end')
  foreach 1 .. 2;
asked('a role that is not granted any more: messages',
	$watch, 'Metadata.ContainerCredentials', 'AssumeRole', 'GetConnection',
	'GetConnection');
$glue->set(roles => {});

#
# Credentials that AWS calls expired
#

my %expired = (kind => 'error', code => 'ExpiredTokenException');
anew(%imds);
$session = $cluster->session;
$session->query(get_sql('x'));
foreach my $case (
	[ GetConnection => get_sql('x'), '42704' ],
	[ CreateConnection => create_sql(jdbc('expired')), '00000' ],
	[ GetCallerIdentity => 'SELECT glue_caller_identity()', '00000' ])
{
	my ($operation, $sql, $sqlstate) = @$case;

	$glue->misbehave(%expired, operation => $operation);
	$watch = $cluster->watch;
	is($session->query($sql)->sqlstate, $sqlstate, "expired, $operation: works");
	asked("expired, $operation: once more with others",
		$watch, $operation, @steps, $operation);
	my @keys = map { $_->{access_key} } $watch->requests($operation);
	isnt($keys[0], $keys[1], "expired, $operation: which are new");
	$watch = $cluster->watch;
	$admin->query(get_sql('x'));
	is(($watch->requests)[0]{access_key},
		$keys[1], "expired, $operation: for other backends, too");
}

# The pages of a list have them in common.
$glue->set(page_limit => 5);
$glue->put_connections(map { jdbc("page$_") } 10 .. 24);
$glue->misbehave(%expired, operation => 'GetConnections');
$watch = $cluster->watch;
is($session->query("SELECT count(*) FROM glue_get_connections() AS c"
		  . " WHERE c->>'Name' LIKE 'page%'")->output, '15',
	'expired, a list: works');
is($watch->sent('Metadata.Token'), 1, 'expired, a list: refreshed once');
my ($first, @others) = map { $_->{access_key} } $watch->requests('GetConnections');
is(scalar(grep { $_ eq $others[0] && $_ ne $first } @others), 4,
	'expired, a list: for all pages to come');

$glue->misbehave(%expired, operation => 'GetConnection', times => 0);
$watch = $cluster->watch;
my $result = $session->query(get_sql('x'));
is($result->sqlstate, '28000', 'expired for ever: an error');
like($result->message, qr/ExpiredTokenException/, 'expired for ever: which');
asked('expired for ever: one refresh',
	$watch, 'GetConnection', @steps, 'GetConnection');
$glue->behave;

# While it refreshes, the source may be down.
$glue->misbehave(%expired, operation => 'GetConnection');
$glue->misbehave(operation => 'Metadata.Token', kind => 'error', status => 403);
$result = $session->query(get_sql('x'));
is($result->sqlstate, '28000', 'expired, and no others: an error');
is($session->query(get_sql('x'))->sqlstate, '42704', 'expired, and no others: which passes');

# Five backends that get the error at once refresh once.  First it has to be known that
# so many messages are answered side by side.
all_at_once(5) foreach 1 .. 4;
$glue->misbehave(%expired, operation => 'GetConnection', times => 5,
	delay_ms => 700);
$watch = $cluster->watch;
is(sqlstates(all_at_once(5)), '42704: 5', 'expired for five: all continue');
is($watch->sent('GetConnection'), 10, 'expired for five: each once more');
is($watch->sent('Metadata.Token'), 1, 'expired for five: refreshed once');

# Keys do not expire.
anew(
	AWS_ACCESS_KEY_ID => $glue->access_key,
	AWS_SECRET_ACCESS_KEY => $glue->secret_key);
$glue->misbehave(%expired);
$watch = $cluster->watch;
is($admin->query(get_sql('x'))->sqlstate, '28000', 'keys that expired: an error');
is($watch->sent, 1, 'keys that expired: at once');

#
# A session token that is long
#

my $use = sub {
	my ($number) = @_;
	$session->must("SET glue_conn.profile = 'role$number'");
	return $session->query(get_sql('x'))->sqlstate;
};
anew(%imds);
$session = $cluster->session;
$glue->set(roles => { role(1) => { token_length => 12000 } });
$watch = $cluster->watch;
is(join(' ', map { $use->(1) } 1 .. 3), join(' ', ('42704') x 3),
	'a long session token: is used');
is($watch->sent('AssumeRole'), 1, 'a long session token: is kept');
$glue->set(roles => {});

#
# More roles than there is room for
#

anew(%imds);
$session = $cluster->session;
$watch = $cluster->watch;
is(join(' ', grep { $_ ne '42704' } map { $use->($_) } 1 .. 70),
	'', '70 roles by turns');
is($watch->sent('AssumeRole'), 70, '70 roles: each is assumed');
$watch = $cluster->watch;
$use->($_) foreach 7 .. 70;
is($watch->sent('AssumeRole'), 0, '70 roles: the last 64 are kept');
$use->(1);
is($watch->sent('AssumeRole'), 1, '70 roles: the first one is assumed anew');
my %keys = map { $_->{access_key} => 1 } $watch->requests('GetConnection');
is(scalar keys %keys, 65, '70 roles: none is taken for another');

# Roles that cannot be assumed take no more than one place.
$glue->misbehave(operation => 'AssumeRole', kind => 'error',
	code => 'AccessDenied', times => 0);
is(join(' ', map { $use->($_) } 2 .. 6), join(' ', ('42501') x 5),
	'70 roles: some cannot be assumed any more');
$glue->behave;
$watch = $cluster->watch;
$use->($_) foreach 9 .. 70;
is($watch->sent('AssumeRole'), 0, '70 roles: others are kept');

#
# The retry quota
#

anew(
	AWS_ACCESS_KEY_ID => $glue->access_key,
	AWS_SECRET_ACCESS_KEY => $glue->secret_key);
my ($one, $two) = ($cluster->session, $cluster->session);
my @attempts;
$glue->misbehave(kind => 'error', status => 503, times => 0);
foreach my $round (1 .. 24)
{
	$watch = $cluster->watch;
	($round % 2 ? $one : $two)->query(get_sql('x'));
	push @attempts, $watch->sent;
}
is($attempts[0], 3, 'a service that is down is asked again at first');
is($attempts[-1], 1, 'but not for ever');
$watch = $cluster->watch;
$cluster->query(get_sql('x'));
is($watch->sent, 1, 'nor by a new backend');
$glue->behave;
$_->quit foreach $one, $two;

#
# Nothing is shared if the library is not preloaded
#

$cluster->node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
anew(%imds);
$watch = $cluster->watch;
@results = all_at_once(3);
is(sqlstates(@results), '42704: 3', 'not preloaded: three backends');
is($watch->sent($_), 3, "not preloaded: $_ by each") foreach @steps;
$session = $cluster->session;
$session->query(get_sql('x'));
$watch = $cluster->watch;
$session->query(get_sql('x'));
asked('not preloaded: but each keeps its own', $watch, 'GetConnection');
$glue->misbehave(%expired);
$watch = $cluster->watch;
is($session->query(get_sql('x'))->sqlstate, '42704', 'not preloaded: expired');
asked('not preloaded: refreshed', $watch, 'GetConnection', @steps, 'GetConnection');
$session->quit;

$admin->quit;
$cluster->finish;
done_testing();
