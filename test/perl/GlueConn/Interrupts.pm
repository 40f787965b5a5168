# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Interrupts - interrupt a backend at any wait

=head1 SYNOPSIS

	use GlueConn::Interrupts;

	my $interrupts = GlueConn::Interrupts->new($cluster);

	$interrupts->check('for an answer',
		{
			rule =>
			  { operation => 'GetConnection', kind => 'stall', times => 0 },
			reached => sub { $_[1]->sent }
		});
	$interrupts->quit;

=head1 DESCRIPTION

A place is where a backend waits in the middle of a call, and how to get
there.  It is a hash:

=over

=item settings

Settings of the session, a hash.

=item rule

A misbehaviour of the local Glue.

=item call

The statement that will wait: reading a connection that does not exist, if
nothing is said.

=item stubborn

Whether the statement is wrapped into a function that swallows all errors that
it can, as it is if nothing is said.

=item reached

A function of a GlueConn::Session and a GlueConn::Watch that returns true when
the backend waits there.  If there is none, it is so when the backend waits for
something of ours.

=item event

The name of the wait event, C<GlueConnRequest> if nothing is said.  PostgreSQL
has such names since 17.

=back

=cut

package GlueConn::Interrupts;

use strict;
use warnings;

use Exporter 'import';
use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw($soon);

# "At once", in seconds, for a machine that is busy.  All time limits of the
# extension are far longer.
our $soon = 5;

# The same for most times of several.
my $promptly = 0.5;

=pod

=head1 METHODS

=over

=item GlueConn::Interrupts->new(cluster)

Be ready for a GlueConn::Cluster.

=item $interrupts->quit

End the sessions.

=cut

sub new
{
	my ($class, $cluster) = @_;
	my $self = bless { cluster => $cluster }, $class;

	$self->{admin} = $cluster->session;
	$self->{admin}->must(<<'SQL');
CREATE OR REPLACE FUNCTION stubborn(call text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE call INTO result;
	RETURN result;
EXCEPTION
	WHEN OTHERS THEN RETURN 'swallowed';
END $$
SQL
	return $self;
}

sub quit
{
	my ($self) = @_;

	return $self->{admin}->quit;
}

=pod

=item $interrupts->begin(place, session)

Have a session go to a place; returns the session, a new one if none is given.

=item $interrupts->begin_to_wait(place, session)

The same, and wait until it is there.

=item $interrupts->stop(session, function)

Call C<pg_cancel_backend> or C<pg_terminate_backend> for a session; returns
its result and after how many seconds it came.

=item $interrupts->works(session)

Can the session be used for a call to AWS?

=cut

sub begin
{
	my ($self, $place, $session) = @_;
	my $glue = $self->{cluster}->glue;
	my $settings = $place->{settings} || {};

	$session //= $self->{cluster}->session;
	$session->must("SET $_ = " . literal($settings->{$_}))
	  foreach sort keys %$settings;
	$glue->behave;
	$glue->misbehave(%{ $place->{rule} }) if $place->{rule};
	my $call = $place->{call} // get_sql('x');
	$call = 'SELECT stubborn(' . literal($call) . ')'
	  if $place->{stubborn} // 1;
	$session->send($call);
	return $session;
}

sub begin_to_wait
{
	my ($self, $place, $session) = @_;
	my $watch = $self->{cluster}->watch;
	my $reached = $place->{reached}
	  || sub { $self->wait_event($_[0]) =~ /^Extension/ };

	$session = $self->begin($place, $session);
	wait_until(sub { $reached->($session, $watch) }, 'the backend waits');
	return $session;
}

sub stop
{
	my ($self, $session, $function) = @_;
	my $started = time;

	$self->{admin}->must("SELECT $function(" . $session->pid . ')');
	my $result = $session->result;
	return ($result, time - $started);
}

sub works
{
	my ($self, $session) = @_;

	$self->{cluster}->glue->behave;
	$session->must('RESET ALL');
	return $session->query(get_sql('x'))->sqlstate eq '42704';
}

# The wait of a session: the type and the name; '' if it does not wait.
sub wait_event
{
	my ($self, $session) = @_;

	return $self->{admin}->must(
		"SELECT wait_event_type || ' ' || wait_event FROM pg_stat_activity"
		  . ' WHERE pid = ' . $session->pid)->output;
}

=pod

=item $interrupts->check(where, place)

Test that every kind of interrupt ends the wait at a place at once, with its
own SQLSTATE; that an exception handler does not swallow it; that the same
backend can continue; that other sessions are not blocked; and that the wait has
its name.  C<where> follows the word "waiting" in the names of the tests.

=back

=cut

sub check
{
	my ($self, $where, $place) = @_;

	$self->_check_cancel($where, $place);
	$self->_check_terminate($where, $place);
	$self->_check_statement_timeout($where, $place);
	$self->_check_others($where, $place);
	return;
}

# One time may be long on a busy machine; the median is representative.
sub _check_cancel
{
	my ($self, $where, $place) = @_;
	my $session;
	my @seconds;

	foreach my $round (1 .. 5)
	{
		$session = $self->begin_to_wait($place, $session);
		my ($result, $seconds) =
		  $self->stop($session, 'pg_cancel_backend');
		is($result->sqlstate, '57014',
			"waiting $where: cancelled, round $round");
		push @seconds, $seconds;
	}
	my $median = (sort { $a <=> $b } @seconds)[2];
	note sprintf 'waiting %s: cancelled within %.1f ms', $where,
	  1000 * $median;
	cmp_ok($median, '<', $promptly, 'at once');
	ok($self->works($session), 'and the backend continues');
	$session->quit;
	return;
}

sub _check_terminate
{
	my ($self, $where, $place) = @_;
	my $session = $self->begin_to_wait($place);
	my ($result, $seconds) = $self->stop($session, 'pg_terminate_backend');

	cmp_ok($seconds, '<', $soon, "waiting $where: terminated at once");
	is($result->sqlstate, '57P01', 'and says so');
	wait_until(sub { !kill 0, $session->pid }, 'the backend exits');
	$session->quit;
	return;
}

sub _check_statement_timeout
{
	my ($self, $where, $place) = @_;
	my $settings =
	  { %{ $place->{settings} || {} }, statement_timeout => '1500ms' };
	my $session = $self->begin({ %$place, settings => $settings });
	my $result = $session->result;

	cmp_ok($result->seconds, '<', 1.5 + $soon,
		"waiting $where: statement_timeout");
	is($result->sqlstate, '57014', 'is distinguished from our own');
	like($result->message, qr/statement timeout/, 'by its name');
	ok($self->works($session), 'and the backend continues');
	$session->quit;
	return;
}

# DROP DATABASE waits until every backend has answered its signal.
sub _check_others
{
	my ($self, $where, $place) = @_;
	my $admin = $self->{admin};
	my $named = $admin->must('SHOW server_version_num')->output >= 170000;
	my $event = $named ? $place->{event} || 'GlueConnRequest' : 'Extension';

	$admin->must('CREATE DATABASE unused');
	my $session = $self->begin_to_wait($place);
	my $seen = wait_until(sub { $self->wait_event($session) },
		'the backend waits for something');
	is($seen, "Extension $event", "waiting $where: can be seen");

	my $result = $admin->query("SET statement_timeout = '100s';"
		  . ' DROP DATABASE unused; RESET statement_timeout');
	is($result->sqlstate, '00000', 'DROP DATABASE works meanwhile');
	cmp_ok($result->seconds, '<', $soon, 'and is not blocked');
	$self->stop($session, 'pg_cancel_backend');
	$session->quit;
	$self->{cluster}->glue->behave;
	return;
}

1;
