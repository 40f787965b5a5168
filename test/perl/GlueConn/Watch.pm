# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Watch - the messages that reach the local Glue from a moment on

=head1 SYNOPSIS

	my $watch = $cluster->watch;
	# ... make calls ...
	is($watch->operations, 'CreateConnection GetConnection', 'two messages');
	is($watch->processed('CreateConnection'), 1, 'one of them carried out');
	is($watch->connections, 0, 'on a connection that was there before');

=head1 DESCRIPTION

The local Glue enters a message into its journal before the client can know
its outcome, so nothing has to be waited for.

=cut

package GlueConn::Watch;

use strict;
use warnings;

=pod

=head1 METHODS

=over

=item GlueConn::Watch->new(glue)

Watch a GlueConn::LocalGlue from now on.

=item $watch->requests(operation)

The messages since then, or those of one operation, as the journal has them.

=item $watch->operations

The names of their operations, with blanks between.

=item $watch->sent(operation), $watch->processed(operation)

How many messages came, and how many of them were carried out.

=item $watch->connections, $watch->handshakes

How many connections were made, and how many handshakes were completed.

=back

=cut

sub new
{
	my ($class, $glue) = @_;

	return bless { glue => $glue, start => $glue->counters }, $class;
}

sub requests
{
	my ($self, $operation) = @_;
	my %filter = (since => $self->{start}{requests});

	$filter{operation} = $operation if defined $operation;
	return $self->{glue}->requests(%filter);
}

sub operations
{
	my ($self) = @_;

	return join ' ', map { $_->{operation} } $self->requests;
}

sub sent
{
	my ($self, $operation) = @_;

	return scalar(my @requests = $self->requests($operation));
}

sub processed
{
	my ($self, $operation) = @_;

	return scalar grep { $_->{processed} } $self->requests($operation);
}

sub connections { return $_[0]->_counted('tcp_connections'); }

sub handshakes { return $_[0]->_counted('tls_handshakes'); }

sub _counted
{
	my ($self, $what) = @_;

	return $self->{glue}->counters->{$what} - $self->{start}{$what};
}

1;
