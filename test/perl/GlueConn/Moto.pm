# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Moto - start and stop moto, an independent mock of AWS

=head1 SYNOPSIS

	use GlueConn::Cluster;
	use GlueConn::Moto;

	my $moto = GlueConn::Moto->new->start;
	my $cluster = GlueConn::Cluster->start(
		conf => $moto->settings,
		environment => $moto->environment);
	# ...
	$cluster->restart(%{ $moto->environment('powerless') });
	# ...
	$moto->stop;

=head1 DESCRIPTION

Runs F<test/peer/moto_server.py>, which documents its services, with the
interpreter that the variable C<GLUE_CONN_PYTHON> of the environment names;
that one must have moto.  The server ends when it is stopped, when the object
goes away, or when the test dies: it holds the other end of a pipe.

=cut

package GlueConn::Moto;

use strict;
use warnings;

use File::Basename qw(dirname);
use IPC::Open2;
use JSON::PP;

=pod

=head1 METHODS

=over

=item GlueConn::Moto->new

Prepare a server.

=cut

sub new
{
	my ($class) = @_;

	return bless {}, $class;
}

=pod

=item $moto->start

Start the server and wait until it is ready.

=cut

sub start
{
	my ($self) = @_;
	my $python = $ENV{GLUE_CONN_PYTHON}
	  or die 'GLUE_CONN_PYTHON must name a Python that has moto';
	my $program = dirname(__FILE__) . '/../../peer/moto_server.py';

	$self->{owner} = $$;
	$self->{pid} = open2(my $out, $self->{stdin}, $python, $program);
	my $line = <$out> // die 'moto did not start';
	$self->{facts} = decode_json($line);
	return $self;
}

=pod

=item $moto->stop

Stop the server and wait for its end.  To stop one that is stopped does
nothing.

=cut

sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;

	close delete $self->{stdin};
	waitpid $pid, 0;
	return;
}

# A child of the test that has a copy of the object must not stop the server.
sub DESTROY
{
	my ($self) = @_;

	local ($?, $@, $!);
	$self->stop if defined $self->{owner} && $self->{owner} == $$;
	return;
}

=pod

=item $moto->url, $moto->ca_file, $moto->region, $moto->account

Its URL, its certification authority, its region and its account.

=cut

foreach my $fact (qw(url ca_file region account))
{
	no strict 'refs';
	*$fact = sub { $_[0]{facts}{$fact} };
}

=pod

=item $moto->settings

The lines of postgresql.conf that lead to it.

=cut

sub settings
{
	my ($self) = @_;

	return "glue_conn.region = '" . $self->region . "'\n"
	  . "glue_conn.endpoint_url = '" . $self->url . "'\n"
	  . "glue_conn.ca_file = '" . $self->ca_file . "'\n";
}

=pod

=item $moto->environment($user)

The variables with the key of a user, as a hash: of "able", which may do
everything with Glue and is the default, or of "powerless", which may do nothing.

=cut

sub environment
{
	my ($self, $user) = @_;

	return $self->{facts}{users}{ $user // 'able' };
}

=pod

=back

=cut

1;
