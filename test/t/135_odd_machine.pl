# Copyright (c) 2026, glue_conn contributors
#
# Rare events that a server must survive: no descriptor is left for a moment, a
# process has the process ID of one that has died, and the clock is set back.
#
# odd_machine.c simulates them.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Queue;
use PostgreSQL::Test::Utils;
use Test::More;

my $odd = PostgreSQL::Test::Utils::tempdir();

# Switch an event of the machine on, or off.
sub oddly
{
	my ($name, $number) = @_;

	append_to_file("$odd/$name.new", $number);
	rename "$odd/$name.new", "$odd/$name" or die "could not rename: $!\n";
	return;
}

sub usual
{
	my ($name) = @_;

	unlink "$odd/$name" or die "could not remove: $!\n";
	return;
}

my $cluster = GlueConn::Cluster->start(
	odd => [ 'odd_machine', ODD_MACHINE => $odd ],
	preload => 1, conf => "max_files_per_process = 64\n");
my $glue = $cluster->glue;
my $admin = $cluster->session;

#
# No descriptor
#

my $session = $cluster->session;
my %states;

oddly('no-epoll', 1);
$states{ $session->query(get_sql('x'))->sqlstate }++ for 1 .. 50;
usual('no-epoll');
is_deeply(\%states, { '53000' => 50 },
	'there are no descriptors for fifty calls');
is($session->query(get_sql('x'))->sqlstate, '42704',
	'the next one has one: none has leaked');
$session->quit;

#
# A process ID that is used again
#

$admin->must(<<'SQL');
CREATE SERVER by_role FOREIGN DATA WRAPPER glue_conn OPTIONS (
	region 'us-east-1', role_arn 'arn:aws:iam::200000000000:role/any');
SQL
my $get = "SELECT glue_get_connection('x', server => 'by_role')";
my ($first, $second) = ($cluster->session, $cluster->session);
my $watch = $cluster->watch;

$second->must("SET statement_timeout = '20s'");
$glue->misbehave(operation => 'AssumeRole', kind => 'stall', times => 1);
$first->send($get);
wait_until(sub { $watch->sent('AssumeRole') },
	'the first asks for the credentials of a role');
kill 'STOP', $first->pid;
oddly('pid', $first->pid);
my $namesake = $cluster->session;
usual('pid');
kill 'TERM', $first->pid;
kill 'CONT', $first->pid;
is($first->result->sqlstate, '57P01', 'it is terminated');
is($namesake->pid, $first->pid, 'another process has its process ID');
is($second->query($get)->sqlstate, '42704',
	'another session does not wait for that one');
$_->quit foreach $first, $second, $namesake;

#
# A clock that is set back
#

my $hour = 3600;
my $id;

oddly('clock', $hour);
$glue->misbehave(operation => 'CreateConnection', kind => 'error', code => 'RequestTimeoutException', status => 400, times => 0);
my $put_off = enqueue_put_off($admin, referring('put off'));
$glue->behave;
usual('clock');
$id = enqueue($admin, referring('after'));
wait_for_state($admin, $id);
pass('the clock is set back: requests are carried out');
is(state_of($admin, $put_off), 'queued', 'a postponed request waits');
$admin->must("SELECT glue_retry_request($put_off)");
wait_for_state($admin, $put_off);
pass('and is carried out when it is retried');

# Nobody brings news: the launcher notices by itself when it looks.
oddly('clock', 3 * $hour);
$glue->misbehave(operation => 'CreateConnection', kind => 'error', code => 'RequestTimeoutException', status => 400, times => 0);
$id = enqueue_put_off($admin, referring('far off'));
$glue->behave;
usual('clock');
$cluster->node->reload;
wait_for_state($admin, $id);
pass('the clock is set back far: the postponed request is carried out');

$admin->quit;
$cluster->finish;
done_testing();
