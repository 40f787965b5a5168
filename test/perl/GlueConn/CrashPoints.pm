# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::CrashPoints - a server that crashes at chosen points

=head1 SYNOPSIS

	use GlueConn::CrashPoints;

	my $crashes = GlueConn::CrashPoints->new($cluster);

	$crashes->arm('caller after intent');
	# ... make a call ...
	ok($crashes->reached, 'it has crashed there');

=head1 DESCRIPTION

F<src/server/crash_point.c> defines such points.  The library that has them is
built in a directory of its own, so that the installed one stays as it is.

=cut

package GlueConn::CrashPoints;

use strict;
use warnings;

use GlueConn::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

=pod

=head1 METHODS

=over

=item GlueConn::CrashPoints->new(cluster)

Build the library, and restart a GlueConn::Cluster with it.

=item $crashes->points

The names of all points that the source has; where the name ends with an
operation of AWS, that is "%s".

=cut

sub new
{
	my ($class, $cluster) = @_;
	my $self = bless {
		cluster => $cluster,
		file => $cluster->node->data_dir . '/glue_conn.crash_point'
	}, $class;
	my $directory = $self->_build;

	# The functions of the extension name the installed library.
	$cluster->query("UPDATE pg_proc SET probin = '$directory/glue_conn'"
		  . q( WHERE probin = '$libdir/glue_conn'));
	$cluster->node->append_conf('postgresql.conf',
		"shared_preload_libraries = 'glue_conn'\n"
		  . "dynamic_library_path = '$directory:\$libdir'");
	$cluster->in_environment(sub { $cluster->node->restart });
	return $self;
}

# Objects without crash points are the same as in the usual library, and need
# not be compiled again; returns the directory.
sub _build
{
	my ($self) = @_;
	my $directory = PostgreSQL::Test::Utils::tempdir() . '/crash_points';
	my $pg_config = $ENV{PG_CONFIG} || 'pg_config';

	mkdir $directory or die "$directory: $!";
	system_or_bail('cp', '-a', 'Makefile', 'glue_conn.control', 'src',
		$directory);
	unlink "$directory/$_" =~ s/\.c$/.o/r foreach _sources();
	system_or_bail('make', '-s', '-C', $directory, "PG_CONFIG=$pg_config",
		'COPT=' . ($ENV{COPT} // ''), 'CRASH_POINTS=1', 'glue_conn.so');
	return $directory;
}

# The files that have crash points.
sub _sources
{
	return grep { slurp_file($_) =~ /\bcrash_point\b/ } glob 'src/*/*.c';
}

sub points
{
	my %points;

	foreach my $source (_sources())
	{
		$points{$_} = 1
		  foreach slurp_file($source) =~ /GLUE_CRASH_POINT\("([^"]+)"/g;
	}
	return sort keys %points;
}

=pod

=item $crashes->arm(point)

Have the next process that comes to a point crash there.

=item $crashes->reached(seconds)

Wait until that has happened.  Returns false, and disarms the point, if it has
not happened after some seconds.

=back

=cut

sub arm
{
	my ($self, $point) = @_;

	# nobody may see half of a name
	append_to_file("$self->{file}.new", $point);
	rename "$self->{file}.new", $self->{file} or die "$self->{file}: $!";
	return;
}

sub reached
{
	my ($self, $seconds) = @_;
	my $deadline = time + $seconds;

	wait_until(sub { !-e $self->{file} || time > $deadline },
		'the crash point');
	return !unlink $self->{file};
}

1;
