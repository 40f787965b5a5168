# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Result - the output of psql for one statement, taken apart

=head1 SYNOPSIS

	my $result = $session->query('SELECT 1/0');

	is($result->sqlstate, '22012', 'SQLSTATE of the error');
	is($result->message, 'division by zero', 'its primary message');
	is($result->output, '', 'rows');

=head1 DESCRIPTION

GlueConn::Session returns these.  psql must have run with VERBOSITY=verbose.

=cut

package GlueConn::Result;

use strict;
use warnings;

my %is_error = map { $_ => 1 } qw(ERROR FATAL PANIC);

# output: standard output; text: standard error; seconds: duration.  UTF-8 is
# decoded.
sub new
{
	my ($class, %parts) = @_;
	my $self = bless {%parts}, $class;

	$self->{output} =~ s/\n\z//;
	utf8::decode($self->{$_}) foreach qw(output text);
	$self->{messages} = [ _parse($self->{text}) ];
	return $self;
}

# Take standard error apart into messages, which are hashes of a severity, an
# SQLSTATE, and the fields that psql names, in lower case.
sub _parse
{
	my ($text) = @_;
	my @messages;
	my $field;

	foreach my $line (split /\n/, $text)
	{
		$line =~ s/^psql:\S+?:\d+: //;
		if ($line =~ /^([A-Z]+\d?):  (?:([0-9A-Z]{5}): )?(.*)/
			&& $1 !~ /^(?:DETAIL|HINT|QUERY|CONTEXT|LOCATION)$/)
		{
			$field = 'message';
			push @messages,
			  { severity => $1, sqlstate => $2 // '', message => $3 };
		}
		elsif ($line =~ /^(DETAIL|HINT|QUERY|CONTEXT|LOCATION):  (.*)/
			&& @messages)
		{
			$field = lc $1;
			$messages[-1]{$field} = $2;
		}
		elsif (@messages)
		{
			$messages[-1]{$field} .= "\n$line";
		}
	}
	return @messages;
}

=pod

=head1 METHODS

=over

=item $result->output

The rows, unaligned, without a line break at the end.

=item $result->text

All that was written to standard error.

=item $result->seconds

How long the statement took, seen from here.

=item $result->sqlstate, $result->message, $result->detail, $result->hint

Of the first error; the SQLSTATE is '00000' if there was none, and all else
an empty string.

=item $result->messages(severity)

The messages of a severity, such as 'NOTICE': hashes with the keys severity,
sqlstate, message, detail, hint and context.

=back

=cut

sub output { return $_[0]{output}; }

sub text { return $_[0]{text}; }

sub seconds { return $_[0]{seconds}; }

sub sqlstate
{
	my ($self) = @_;
	my $error = $self->_error;

	return $error ? $error->{sqlstate} : '00000';
}

sub message { return $_[0]->_field('message'); }

sub detail { return $_[0]->_field('detail'); }

sub hint { return $_[0]->_field('hint'); }

sub messages
{
	my ($self, $severity) = @_;

	return grep { $_->{severity} eq $severity } @{ $self->{messages} };
}

sub _error
{
	my ($self) = @_;
	my ($error) = grep { $is_error{ $_->{severity} } } @{ $self->{messages} };

	return $error;
}

sub _field
{
	my ($self, $name) = @_;
	my $error = $self->_error or return '';

	return $error->{$name} // '';
}

1;
