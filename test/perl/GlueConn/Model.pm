# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Model - check the model of a protocol with Spin

=head1 SYNOPSIS

	my $result = check_model('test/model/immediate.pml', 'KILLS=1');
	is($result->{violation}, '', 'all is well');

=head1 DESCRIPTION

Every state that the model can reach with these switches is visited: the search
is a full one, without bit states.

=cut

package GlueConn::Model;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Temp qw(tempdir);
use POSIX ();
use Time::HiRes qw(time);

our @EXPORT = qw(check_model find_cycles trace_of);

# Deep enough for any of our runs, which are finite; and the memory limit of a
# run.
my @options = ('-m100000', '-w22');
our $memory_limit_mb = 2000;

# Where little is to be searched, it would take longer to compile than to run.
our $optimize = '-O1';

# The meaning of a violation, by the variables of the broken assertion.
my @meanings = (
	[ qr/non-progress/ => 'it loops' ],

	# claims.pml
	[ qr/busy/ => 'a caller is stuck' ],
	[ qr/row==r/ => "another row's claim is released" ],
	[ qr/keeps/ => "somebody else's connection is deleted" ],
	[ qr/whose.*unknown/ => 'an unknown connection' ],
	[ qr/whose.*reported/ => "somebody else's connection is updated" ],
	[ qr/succeeded.*whose/ => 'the recorded connection does not exist' ],
	[ qr/succeeded/ => 'a row that was accepted has no connection' ],
	[ qr/owned_life/ => 'two rows own one connection' ],
	[ qr/drop==/ => 'a request is not carried out' ],

	# the others
	[ qr/gone/ => 'a caller is stuck' ],
	[ qr/row!=/ => 'a deletion comes after the end', qr/holders/ ],
	[ qr/violated\s+!\(+maker==/ => 'an uncommitted connection stays' ],
	[ qr/seen/ => 'an older answer is recorded' ],
	[ qr/maker.*holders/ => 'an uncommitted connection stays' ],
	[ qr/closed/ => 'the record is locked', qr/holders/ ],
	[ qr/row==/ => 'a row is not resolved', qr/maker|recorded|holders/ ],
	[ qr/holders/ => 'a committed connection is deleted' ],
	[ qr/found_ours/ => "somebody else's connection is deleted" ],
	[ qr/made==/ => 'a connection is created twice' ],
	[ qr/recorded.*maker!=0/ => 'the recorded connection does not exist' ],
	[ qr/maker/ => 'an unknown connection' ]);

=pod

=head1 FUNCTIONS

=over

=item check_model(file, switches)

Search for violations.  Returns the result: C<violation> in words, empty if
there is none; C<states> that were visited; C<seconds>; C<megabytes>; and the
data for trace_of().

=item find_cycles(file, switches)

Search for runs that go round in a circle instead.

=item trace_of(result)

The steps that lead to a violation, as text.

=back

=cut

sub check_model
{
	return search('-DSAFETY', [], @_);
}

sub find_cycles
{
	return search('-DNP', ['-l'], @_);
}

sub search
{
	my ($kind, $arguments, $file, @switches) = @_;
	my $began = time;
	my $result = {
		directory => tempdir(CLEANUP => 1),
		model => abs_path($file),
		switches => [ map { "-D$_" } @switches ],
		violation => ''
	};

	run_in($result, 'spin', '-a', @{ $result->{switches} }, $result->{model});
	run_in($result, 'gcc', $optimize, '-w', $kind, '-DCOLLAPSE', '-DNOFAIR',
		"-DMEMLIM=$memory_limit_mb", '-o', 'pan', 'pan.c');
	my $output = run_in($result, './pan', @options, @$arguments);

	if ($output =~ /^pan:\d+: (.*) \(at depth/m)
	{
		$result->{violation} = meaning_of($1);
	}
	elsif ($output =~ /Search not completed|errors: [1-9]|max search depth too small/
		|| $output !~ /errors: 0/)
	{
		die "the search came to no end:\n$output";
	}
	($result->{states}) = $output =~ /([\d.e+]+) states, stored/;
	$result->{states} += 0;
	($result->{megabytes}) = $output =~ /([\d.]+)\s+total actual memory usage/;
	$result->{seconds} = time - $began;
	return $result;
}

sub meaning_of
{
	my ($violation) = @_;

	foreach (@meanings)
	{
		my ($pattern, $meaning, $unless) = @$_;

		return $meaning if $violation =~ $pattern
		  && !($unless && $violation =~ $unless);
	}
	return $violation;
}

# Run a program in the directory of a result, and return its output.
sub run_in
{
	my ($result, @command) = @_;
	my $pid = open(my $pipe, '-|') // die "could not fork: $!\n";

	if ($pid == 0)
	{
		chdir $result->{directory} or die;
		open STDERR, '>&', \*STDOUT;
		exec { $command[0] } @command or do
		{
			print "could not start $command[0]: $!\n";
			POSIX::_exit(127);
		};
	}
	my $output = do { local $/; <$pipe> } // '';
	close $pipe;
	die "$command[0] failed:\n$output" if $? != 0 && $command[0] ne './pan';
	return $output;
}

sub trace_of
{
	my ($result) = @_;
	my ($trail) = glob("$result->{directory}/*.trail") or return '';
	my $output = run_in($result, 'spin', '-p', '-k', $trail,
		@{ $result->{switches} }, $result->{model});
	my $trace = '';

	# the loops and branches of the language say nothing
	foreach my $line (split /\n/, $output)
	{
		next unless $line =~ /^\s*(\d+):\s+proc\s+\d+ \((\w+|:init:):\d+\).*?:(\d+) \(state \d+\)\s*\[(.*)\]$/;
		my ($step, $process, $line_number, $statement) = ($1, $2, $3, $4);
		next if $statement =~ /goto|sub-sequence|^else$|^break$|^[A-Z]+$|^\(?[ij][<=> ]|^\(1\)$/;
		$trace .= "$step\t$process, line $line_number: "
		  . substr($statement, 0, 120) . "\n";
	}
	return $trace;
}

1;
