# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::BlackHole - a port that does not answer

=head1 SYNOPSIS

	use GlueConn::BlackHole;

	my $black_hole = GlueConn::BlackHole->new;
	# connecting to port $black_hole->port of 127.0.0.1 takes for ever

=head1 DESCRIPTION

The queue of connections of a listening socket is full, and the kernel drops
further connections.  It stays so while the object exists.

=cut

package GlueConn::BlackHole;

use strict;
use warnings;

use Socket qw(:DEFAULT SOCK_NONBLOCK);

=pod

=head1 METHODS

=over

=item GlueConn::BlackHole->new

Make one.

=item $black_hole->port

Its port, on 127.0.0.1.

=back

=cut

sub new
{
	my ($class) = @_;

	socket(my $listener, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
	bind($listener, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
	listen($listener, 0) or die "listen: $!";
	my $address = getsockname($listener);
	my ($port) = sockaddr_in($address);
	my @queue = ($listener);

	# it is full when a connection is not made at once
	for (my $full = 0; !$full;)
	{
		socket(my $client, PF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)
		  or die "socket: $!";
		connect($client, $address);
		push @queue, $client;
		my $writable = '';
		vec($writable, fileno($client), 1) = 1;
		$full = !select(undef, $writable, undef, 0.2);
	}
	return bless { port => $port, queue => \@queue }, $class;
}

sub port { return $_[0]{port}; }

1;
