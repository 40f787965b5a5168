# Copyright (c) 2026, glue_conn contributors
#
# Statistics: every call of AWS is counted once, by its end; for all processes
# together, over a clean restart, and with any number of other roles' targets.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(
	preload => 1, conf => <<'CONF');
restart_after_crash = on
glue_conn.settle_time = '1s'
glue_conn.request_timeout = '4s'
CONF
my $glue = $cluster->glue;
my $node = $cluster->node;
my $session = $cluster->session;
my $columns = 'calls, attempts, throttled, refused, failed, lost, unknown, read_back';

# The figures of an operation.
sub figures
{
	my ($operation, $wanted) = @_;

	return $session->must('SELECT ' . ($wanted // $columns)
		  . ' FROM glue_stat_calls WHERE operation = ' . literal($operation))->output;
}

# Make a call whose messages match rules of the local Glue, and compare its
# counts, and those of the read-back.
sub counted
{
	my ($case, $sql, $rules, $create, $get) = @_;

	$session->must('SELECT glue_stat_reset()');
	$glue->misbehave(%$_) foreach @$rules;
	$session->query($sql);
	$glue->behave;
	is(figures('CreateConnection'), $create, "$case: creating") if defined $create;
	is(figures('GetConnection'), $get // '', "$case: reading");
	return;
}

my $number = 0;

sub a_create { return create_sql(referring('connection ' . ++$number)); }

sub rule
{
	my ($kind, $operation, %more) = @_;

	return { kind => $kind, operation => $operation // 'CreateConnection', %more };
}

#
# How a call ends
#

# the first call of all asks for AWS's time
$session->must(a_create());
counted('a success', a_create(), [], '1|1|0|0|0|0|0|0');
is(figures('CreateConnection', 'target'), $glue->url . '/ 123456789012',
	'the target: endpoint and account');
is(figures('CreateConnection', 'target'), $session->must('SELECT DISTINCT target'
		  . " FROM glue_rate_limit WHERE operation = 'CreateConnection'")->output,
	'the same as in glue_rate_limit');
counted('throttled thrice', a_create(), [ rule('throttle', undef, times => 3) ],
	'1|4|3|0|0|0|0|0');
counted('refused', create_sql(referring('connection 1')), [], '1|1|0|1|0|0|0|0');
counted('none there', get_sql('none'), [], '', '1|1|0|1|0|0|0|0');
counted('a broken service', get_sql('connection 1'),
	[ rule('error', 'GetConnection', times => 0, status => 500,
		code => 'InternalServiceException') ],
	'', '1|3|0|0|1|1|0|0');
counted('no valid answer', get_sql('connection 1'),
	[ rule('garbage', 'GetConnection', form => 'text') ], '', '1|1|0|0|1|1|0|0');
$session->must('SET glue_conn.request_timeout = 500');
counted('no call gets through', a_create(), [ rule('throttle', undef, times => 0) ], undef);
is(figures('CreateConnection', 'calls, attempts = throttled, throttled > 0, refused, failed, unknown'),
	'1|t|t|0|1|0', 'no call gets through: it has failed');
$session->must('RESET glue_conn.request_timeout');
counted('a lost answer, carried out', a_create(), [ rule('lost-after') ],
	'1|1|0|0|0|1|0|1', '1|1|0|0|0|0|0|0');
counted('a lost answer, not carried out', a_create(), [ rule('lost-before') ],
	'1|2|0|0|0|1|0|1', '1|1|0|1|0|0|0|0');
counted('a lost answer, and no reading back', a_create(),
	[ rule('lost-after'), rule('error', 'GetConnection', status => 403,
		code => 'AccessDeniedException') ],
	'1|1|0|0|1|1|1|0', '1|1|0|1|0|0|0|0');

foreach my $how (qw(pg_cancel_backend pg_terminate_backend))
{
	$session->must('SELECT glue_stat_reset()');
	my $held = $cluster->held_session('stall', $how, create_sql(referring($how)));

	$session->must("SELECT $how(" . $held->pid . ')');
	$held->result;
	$held->quit;
	wait_until(sub { figures('CreateConnection') }, "$how: the call is counted");
	is(figures('CreateConnection'), '1|1|0|0|1|1|1|0', "$how: lost, and unknown");
	$glue->behave;
	wait_until_ended($session);
}
counted('an error before anything is sent', 'BEGIN READ ONLY; ' . a_create() . '; ROLLBACK', [], '');

#
# How long it takes
#

counted('a slow answer', a_create(), [ rule('slow', undef, delay_ms => 300) ],
	'1|1|0|0|0|0|0|0');
is(figures('CreateConnection', 'max_time >= 0.3 AND total_time = max_time'), 't',
	'its time is reported');
is(figures('CreateConnection', 'cardinality(bounds), cardinality(histogram)'), '14|14',
	'each bound has a count');
is($session->must(q(SELECT sum(n) FROM glue_stat_calls, unnest(bounds, histogram) AS h (b, n)
	WHERE operation = 'CreateConnection' AND b < 0.3))->output, '0', 'none is shorter');
$session->must(a_create());
is(figures('CreateConnection', 'histogram[14], total_time > max_time, '
		  . 'histogram = (SELECT array_agg(n ORDER BY n) FROM unnest(histogram) AS n)'),
	'2|t|t', 'the counts are cumulative, the longest bound has all');
is(figures('CreateConnection', 'since <= now()'), 't', 'and it is known since when');

#
# All callers
#

$session->must('SELECT glue_stat_reset()');
enqueue($session, referring("queue $_")) foreach 1 .. 3;
wait_until_ended($session);
$cluster->query(create_many_sql('count(*)', [ map { referring("bulk $_") } 1 .. 4 ]));
is(figures('CreateConnection', 'calls'), '7', 'the queue, other sessions: one row for all');

$session->must('CREATE ROLE app LOGIN; CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher;'
	  . server_sql('theirs', $glue->access_key, $glue->secret_key, user => 'app')
	  . 'GRANT USAGE ON FOREIGN SERVER theirs TO app;'
	  . 'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO app; REVOKE ALL ON FUNCTION'
	  . ' glue_stat_reset(), glue_call_figures() FROM app');
is($cluster->query("SELECT glue_get_connection('bulk 1', server => 'theirs')->>'Name'",
		user => 'app')->output, 'bulk 1', 'another role reads');
$cluster->query(get_sql('bulk 2'));
my $key = substr $glue->access_key, -4;
is(join(' ', sort split /\n/, figures('GetConnection', 'target, calls')),
	$glue->url . "/ ...$key|1 " . $glue->url . '/ 123456789012|1',
	'of an access key whose account is not known, the end is shown');
is($cluster->query('SELECT count(*) > 1 FROM glue_stat_calls', user => 'watcher')->output, 't',
	'pg_monitor sees them');
is($cluster->query('SELECT count(*) FROM glue_stat_calls', user => 'app')->sqlstate, '42501',
	'others do not');
is($cluster->query('SELECT glue_stat_reset()', user => 'watcher')->sqlstate, '42501',
	'a monitor cannot reset them');

# A key that looks like an account's ID is not taken for it.
$session->must(server_sql('posing', '123456789012', 'x'));
$session->query("SELECT glue_get_connection('x', server => 'posing')");
is($session->must("SELECT count(*) FROM glue_stat_calls WHERE target LIKE '%/ ...9012'"
	  . " AND operation = 'GetConnection'")->output, '1', 'a key is shown as one');

#
# Over a restart
#

my $file = $node->data_dir . '/pg_stat/glue_conn.stat';
my $all = "SELECT string_agg(s::text, ' ' ORDER BY target, operation) FROM glue_stat_calls s";

# Stop the server, do something to the file, and start it: the figures are there, or
# they are not.
sub restarted
{
	my ($case, $kept, $harm) = @_;

	$session->must(a_create());
	my $before = $session->must($all)->output;

	$session->quit;
	$node->stop;
	ok(-s $file, "$case: there is a file");
	my $content = slurp_file($file);
	$harm->($content) if $harm;
	my $logged = -s $node->logfile;
	$cluster->start_node;
	$session = $cluster->session;
	is($session->must($all)->output, $kept ? $before : '',
		"$case: the figures are " . ($kept ? 'kept' : 'gone'));
	is(slurp_file($node->logfile, $logged) =~ /ignoring invalid data in file "pg_stat/ ? 1 : 0,
		$kept ? 0 : 1, "$case: as the log says");
	ok(!-e $file, "$case: the file is gone");
	return $content;
}

sub overwrite
{
	my ($content) = @_;

	open my $handle, '>:raw', $file or die "could not write $file: $!";
	print $handle $content;
	close $handle or die;
	return;
}

my $content = restarted('a clean restart', 1);
restarted('a bit is wrong', 0, sub { substr($_[0], 5000, 1) ^= "\1"; overwrite($_[0]); });
restarted('another version', 0, sub { substr($_[0], 4, 1) ^= "\2"; overwrite($_[0]); });
restarted('the end is missing', 0, sub { overwrite(substr $_[0], 0, -1); });
restarted('there is more', 0, sub { overwrite("$_[0]."); });
restarted('the header is missing', 0, sub { overwrite('x'); });
restarted('another one', 1);

$session->must(a_create());
kill 'KILL', $session->pid;
$session->quit;
wait_until(sub { $session = eval { $cluster->session } }, 'the server is back');
is($session->must($all)->output, '', 'after a crash they begin anew');

#
# A role that invents access keys
#

$session->must(create_sql(referring('honest')));
my $honest = figures('CreateConnection', '*');
my $sum = "SELECT sum(calls) FROM glue_stat_calls WHERE operation IN ('GetConnection', 'other')";
my $before = $session->must($sum)->output;
$session->must(
	'CREATE ROLE hostile LOGIN; GRANT USAGE ON FOREIGN DATA WRAPPER glue_conn TO hostile;'
	  . 'GRANT EXECUTE ON FUNCTION glue_get_connection TO hostile');
my $hostile = $cluster->session(user => 'hostile');
$hostile->must(server_sql('own', 'A', 'B'));
$hostile->must(<<'SQL');
DO $$
BEGIN
  FOR i IN 1000 .. 1699 LOOP
    EXECUTE format('ALTER USER MAPPING FOR CURRENT_USER SERVER own OPTIONS (SET access_key_id %L)',
      'AKIAIOSFODNN' || i);
    BEGIN
      PERFORM glue_get_connection('x', server => 'own');
    EXCEPTION WHEN invalid_authorization_specification THEN
      NULL;
    END;
  END LOOP;
END
$$
SQL
is(figures('GetConnection', 'count(*) <= 256'), 't', 'it gets half of the room at most');
is(figures('GetConnection', q(bool_or(target LIKE '%/ ...1699'))), 't', 'with its latest calls');
is($session->must($sum)->output - $before, 700, 'no call is forgotten');
is($session->must("SELECT target, calls > 300 FROM glue_stat_calls WHERE operation = 'other'")
	->output, 'other|t', 'calls without room have a row of their own');
is(figures('CreateConnection', '*'), $honest, 'the figures of others are unchanged');
$session->must('SELECT glue_sync_connections()');
is(figures('GetConnections', 'calls > 0'), 't', 'and there is room for more of them');
is($session->must('SELECT count(*) - count(DISTINCT (target, operation)) FROM glue_stat_calls')
	->output, '0', 'no row is there twice');
$hostile->quit;

#
# Without the library preloaded
#

$session->quit;
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->stop;
$cluster->start_node;
$session = $cluster->session;
$session->must(a_create());
is(figures('CreateConnection', 'calls'), '1', 'a session has its own figures');
is($cluster->query('SELECT count(*) FROM glue_stat_calls')->output, '0', 'and no others');

# a process was killed, so the log is not looked at
$session->quit;
$node->stop;
$glue->stop;
done_testing();
