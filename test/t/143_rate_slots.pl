# Copyright (c) 2026, glue_conn contributors
#
# The state of AWS's limits is shared by all roles, and no role can evict it,
# corrupt it, or make others wait.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, asks_account => 1);
my $glue = $cluster->glue;
my $admin = $cluster->session;

my %account = (victim => '111111111111', mallory => '222222222222');
$admin->must(q(CREATE SERVER shared FOREIGN DATA WRAPPER glue_conn OPTIONS (region 'us-east-1')));
foreach my $user (sort keys %account)
{
	$glue->add_credentials(access_key => "AKIA$user", secret_key => $user,
		account => $account{$user});
	$admin->must("CREATE ROLE $user LOGIN;"
		  . " GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO $user;"
		  . " GRANT USAGE ON FOREIGN DATA WRAPPER glue_conn TO $user;"
		  . " GRANT USAGE ON FOREIGN SERVER shared TO $user;"
		  . " CREATE USER MAPPING FOR $user SERVER shared OPTIONS ("
		  . keys_sql("AKIA$user", $user) . ')');
}
$admin->must("GRANT SELECT ON glue_connection TO victim, mallory");
my ($victim, $mallory) = map { $cluster->session(user => $_) } qw(victim mallory);
my %shared = (server => 'shared');

# The state of a limit of the victim's account.
sub known
{
	my ($columns) = @_;

	return $admin->must("SELECT $columns FROM glue_rate_limit WHERE NOT own"
		  . " AND operation = 'GetConnection' AND target LIKE '% $account{victim}'")->output;
}

# How often the log says something.
sub logged
{
	my ($what) = @_;

	return scalar(() = slurp_file($cluster->node->logfile) =~ /LOG:  $what/g);
}

#
# A limit is learnt, and reported
#

$victim->must(create_sql(referring('read'), %shared));
$glue->misbehave(operation => 'GetConnection', kind => 'throttle', times => 2);
$victim->must(get_sql('read', %shared));
is(known('throttled, requests_per_second IS NOT NULL'), '2|t', 'a limit is known');
$glue->misbehave(operation => 'GetConnection', kind => 'throttle', times => 1);
$victim->must(get_sql('read', %shared));
is(known('throttled'), '3', 'and once more');
is(logged('AWS refuses requests because there are too many'), 1, 'the log reports it once');
like(slurp_file($cluster->node->logfile),
	qr/DETAIL:  The operation is GetConnection at \S+ $account{victim}\. Calls wait/,
	'with the operation');

#
# Calls that nobody has asked for by name
#

# How often an operation was throttled.
sub throttled
{
	my ($operation) = @_;

	return $admin->must('SELECT sum(throttled) FROM glue_rate_limit WHERE NOT own'
		  . ' AND operation = ' . literal($operation))->output;
}

my @throttle = (kind => 'throttle', times => 2);
$glue->misbehave(operation => 'GetCallerIdentity', @throttle);
is($mallory->query(create_sql(referring('asks who it is'), %shared))->output, 'READY',
	'a call of AWS STS is refused, and made in the end');
is(throttled('GetCallerIdentity'), '2', 'and counts');

my $throttled = throttled('GetConnection');
$glue->misbehave(operation => 'CreateConnection', kind => 'lost-after');
$glue->misbehave(operation => 'GetConnection', @throttle);
is($victim->query(create_sql(referring('read back'), %shared))->output, 'READY',
	'so is one that reads back');
is(throttled('GetConnection'), $throttled + 2, 'and counts');

#
# The queue of a target that is throttled
#

$glue->misbehave(operation => 'CreateConnection', kind => 'throttle', times => 0);
$victim->must(enqueue_create_sql(referring('queued'), %shared));
wait_until(sub { $admin->must("SELECT count(*) FROM glue_rate_limit WHERE NOT own"
		  . " AND operation = 'CreateConnection' AND requests_per_second = 0.5")->output eq '1' },
	'it is as slow as can be');
$victim->must('SELECT ' . join ', ',
	map { '(' . enqueue_create_sql(referring("queued $_"), %shared) . ')' } 1 .. 100);
wait_until(sub { $admin->must("SELECT count(*) > 1 FROM glue_request WHERE state = 'running'")
	->output eq 't' }, 'more of them are claimed');
my $most = 0;
foreach (1 .. 20)
{
	my $running = $admin->must("SELECT count(*) FROM glue_request WHERE state = 'running'")->output;
	$most = $running if $running > $most;
}
cmp_ok($most, '<=', 30, 'but no more than it takes in a minute');
$admin->must("SELECT glue_cancel_request(id) FROM glue_request WHERE state = 'queued'");
$glue->behave;

#
# A role that invents regions
#

$mallory->must(q{DO $$ BEGIN FOR i IN 1 .. 200 LOOP
	PERFORM set_config('glue_conn.region', 'xx-made-up-' || i, false);
	BEGIN PERFORM glue_get_connection_tags('any'); EXCEPTION WHEN OTHERS THEN END;
	BEGIN PERFORM glue_get_connection('any'); EXCEPTION WHEN OTHERS THEN END;
END LOOP; END $$; RESET glue_conn.region});
is($admin->must('SELECT count(*) FROM glue_rate_limit')->output, '128', 'takes all room');
is(known('throttled >= 3, requests_per_second IS NOT NULL'), 't|t', 'but for that of others');

#
# A limit of a role's own
#

$mallory->must("CREATE SERVER slow FOREIGN DATA WRAPPER glue_conn"
	  . " OPTIONS (region 'us-east-1', max_requests_per_second '1');"
	  . " CREATE USER MAPPING FOR mallory SERVER slow OPTIONS ("
	  . keys_sql('AKIAmallory', 'mallory') . ');'
	  . " GRANT USAGE ON FOREIGN SERVER slow TO victim");
$admin->must("CREATE USER MAPPING FOR victim SERVER slow OPTIONS ("
	  . keys_sql('AKIAvictim', 'victim') . ')');
my $slow = $cluster->session(user => 'victim');
$slow->send(join '; ', map { get_sql('read', server => 'slow') } 1 .. 3);
wait_until(sub { $admin->must('SELECT count(*) FROM glue_rate_limit WHERE own AND waiting > 0')
	->output eq '1' }, 'calls wait for a limit of our own');
$victim->must(get_sql('read', %shared)) foreach 1 .. 3;
is($admin->must('SELECT sum(waiting) FROM glue_rate_limit WHERE own')->output, '1',
	'which others do not');
is($slow->result->sqlstate, '00000', 'they are made');
is(known('count(*)'), '1', 'and one limit is known for all of them together');

#
# A role that says it has somebody else's key
#

$admin->must("ALTER USER MAPPING FOR mallory SERVER shared OPTIONS ("
	  . "SET access_key_id 'AKIAvictim', SET secret_access_key 'guessed')");
my $watch = $cluster->watch;
isnt($mallory->query(create_sql(referring('not mine'), %shared))->sqlstate, '00000',
	'an access key is of no use without its secret');
is(scalar(grep { $_->{body} =~ /not mine/ } $watch->requests('CreateConnection')), 0,
	'and is not taken for that of the account');
cmp_ok(scalar $watch->requests('GetCallerIdentity'), '>', 0, 'for AWS is asked');
$admin->must(q(SET glue_conn.region = 'us-east-1'));

$_->quit foreach $victim, $mallory, $slow, $admin;
$cluster->finish;
done_testing();
