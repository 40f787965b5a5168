# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Session - a psql that is kept, and so a backend that is kept

=head1 SYNOPSIS

	my $session = $cluster->session(user => 'app');

	$session->must("SET glue_conn.max_attempts = 1");
	my $result = $session->query('SELECT 1/0');

	$session->send('SELECT pg_sleep(3600)');
	# ... cancel it ...
	is($session->result->sqlstate, '57014', 'cancelled');

	$session->quit;

=head1 DESCRIPTION

PostgreSQL's own BackgroundPsql neither distinguishes errors nor returns
from sending a statement before its end.

=cut

package GlueConn::Session;

use strict;
use warnings;

use GlueConn::Result;
use IO::Select;
use IPC::Open3;
use PostgreSQL::Test::Utils;
use Symbol qw(gensym);
use Time::HiRes qw(time);

=pod

=head1 METHODS

=over

=item GlueConn::Session->new(connstr, environment)

Connect.  B<environment> is a hash of variables that are added to the environment of
psql.  Dies if the server refuses.

=cut

sub new
{
	my ($class, $connstr, %environment) = @_;
	my $self = bless { statements => 0 }, $class;
	my @command = (
		'psql', '-X', '-A', '-t', '-q', '-d', $connstr,
		'-v', 'VERBOSITY=verbose', '-f', '-');

	local %ENV = (%ENV, PGCLIENTENCODING => 'UTF8', %environment);
	$self->{psql} = open3($self->{stdin}, my $output, my $text = gensym,
		@command);
	$self->{handles} = { output => $output, text => $text };
	my $greeting = $self->must('SELECT pg_backend_pid()');
	$self->{pid} = $greeting->output;
	die 'could not connect: ' . $greeting->text if $self->{pid} !~ /^\d+$/;
	return $self;
}

=pod

=item $session->pid

The backend's process id.

=item $session->query(sql)

Run a statement, or several, and return a GlueConn::Result.

=item $session->must(sql)

The same, but die if it fails.

=item $session->send(sql), $session->result

The same in two steps.

=cut

sub pid { return $_[0]{pid}; }

sub query
{
	my ($self, $sql) = @_;

	$self->send($sql);
	return $self->result;
}

sub must
{
	my ($self, $sql) = @_;
	my $result = $self->query($sql);

	die "$sql: " . $result->text if $result->sqlstate ne '00000';
	return $result;
}

sub send
{
	my ($self, $sql) = @_;
	my $mark = 'GlueConn::Session ' . ++$self->{statements};
	my $input = "$sql\n;\n\\echo '$mark'\n\\warn '$mark'\n";

	$self->{mark} = qr/$mark\n/;
	$self->{started} = time;
	while ($input ne '')
	{
		my $written = syswrite $self->{stdin}, $input;
		die "could not write to psql: $!" if !defined $written;
		substr($input, 0, $written) = '';
	}
	return;
}

sub result
{
	my ($self) = @_;
	my %parts = (output => '', text => '');

	$self->_read(\%parts,
		sub { 2 == grep { /$self->{mark}/ } values %parts });
	my $seconds = time - $self->{started};

	s/$self->{mark}// foreach values %parts;
	return GlueConn::Result->new(%parts, seconds => $seconds);
}

# Read psql's output until it is complete, or until psql has exited, which it
# does with its backend.
sub _read
{
	my ($self, $parts, $enough) = @_;
	my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
	my $select = IO::Select->new(values %{ $self->{handles} });

	while ($select->count && !$enough->())
	{
		die "psql takes too long\n" if time > $deadline;
		foreach my $handle ($select->can_read($deadline - time))
		{
			my ($name) =
			  grep { $self->{handles}{$_} == $handle }
			  keys %{ $self->{handles} };

			next
			  if sysread $handle, $parts->{$name}, 65536,
			  length $parts->{$name};
			$select->remove($handle);
			delete $self->{handles}{$name};
		}
	}
	return;
}

=pod

=item $session->open_files

The targets of the backend's file descriptors, as a sorted list.

=item $session->quit

End psql, and wait for its end.

=item $session->vanish

Kill psql, as if the client's machine had lost its power.

=back

=cut

sub open_files
{
	my ($self) = @_;
	my $directory = "/proc/$self->{pid}/fd";

	return sort { $a cmp $b } grep { defined }
	  map { readlink "$directory/$_" } slurp_dir($directory);
}

sub quit
{
	my ($self) = @_;

	return if !$self->{psql};
	close $self->{stdin};
	$self->_read({ output => '', text => '' }, sub { 0 });
	waitpid delete $self->{psql}, 0;
	return;
}

sub vanish
{
	my ($self) = @_;

	kill 'KILL', $self->{psql};
	return $self->quit;
}

1;
