# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Document - the blocks of code of a page, and whether they are true

=head1 SYNOPSIS

	my $document = GlueConn::Document->read('docs/rows.md');

	die join "\n", $document->faults if $document->faults;
	foreach my $block ($document->to_run)
	{
		my $output = ...;    # of $block->{text}, which is of the kind sql or sh

		print "$block->{line}: something else\n"
		  if $block->{output} && !$document->is_output($block, $output);
		$document->correct($block, $output);
	}
	print $document->text;    # the page with the actual output

=head1 DESCRIPTION

Each block of a page stands in a fence with its kind:

=over

=item C<sql>, C<sh>

is run, in order: all SQL of a page in one session of psql.

=item C<output>

is the output of the block before it.  Without one, that may print nothing but the
command tags of psql, such as CREATE TABLE.

=item C<json>, C<conf>

must be JSON; must be settings of PostgreSQL that there are.

=item C<text>, C<ini>, C<yaml>, C<hcl>, C<python>

is shown, and nothing else.

=back

The line before a block may hold a comment, of these:

	<!-- not run: apt-get -->    or AWS, root, another program
	<!-- figures vary -->        in this output: any digits are as good
	<!-- local Glue: POST /misbehave {"kind": "lost-after"} -->
	                             a message to the local Glue before the block is run

Output is as expected if the two are equal when these are replaced in both:

=over

=item *

UUIDs, such as request IDs and the identity of a database

=item *

times, in PostgreSQL's own format

=item *

ports of the local machine, and names of temporary files

=item *

blanks and dashes in any number, since the width of a column depends on the above

=back

=cut

package GlueConn::Document;

use strict;
use warnings;

use JSON::PP;

my %is_run = map { $_ => 1 } qw(sql sh);
my %is_shown = map { $_ => 1 } qw(json conf text ini yaml hcl python);
my %is_reason = map { $_ => 1 } ('apt-get', 'AWS', 'root', 'another program');

=pod

=head1 METHODS

=over

=item GlueConn::Document->read(name), GlueConn::Document->new(name, text)

A page: from a file, or from its text.

=item $document->faults

The faults in the form of the page, a line each.

=item $document->to_run

The blocks to be run, in order.  Each is a hash of B<kind>, B<text>, B<line>,
B<told> (the message to the local Glue: method, path, JSON) and B<output> (a
block, if there is one).

=item $document->blocks(kind)

All blocks of a kind.

=item $document->not_run

The reasons of those that are not run.

=item $document->is_output(block, output)

Is that the output of the block?

=item $document->correct(block, output)

Put this output in the place of the one that the block has.

=item $document->text

The page, with its corrections.

=back

=cut

sub read
{
	my ($class, $name) = @_;

	open my $handle, '<:utf8', $name or die "$name: $!\n";
	local $/;
	return $class->new($name, readline($handle) // '');
}

sub new
{
	my ($class, $name, $text) = @_;
	my $self = bless {
		name => $name, lines => [ split /\n/, $text, -1 ],
		blocks => [], faults => []
	}, $class;

	$self->_find_blocks;
	$self->_join_outputs;
	return $self;
}

sub faults { return @{ $_[0]{faults} }; }

sub blocks
{
	my ($self, $kind) = @_;

	return grep { $_->{kind} eq $kind } @{ $self->{blocks} };
}

sub to_run
{
	my ($self) = @_;

	return grep { $is_run{ $_->{kind} } && !$_->{reason} } @{ $self->{blocks} };
}

sub not_run
{
	my ($self) = @_;

	return map { $_->{reason} // () } @{ $self->{blocks} };
}

sub _fault
{
	my ($self, $line, $text) = @_;

	push @{ $self->{faults} }, "$self->{name}:$line: $text";
	return;
}

# Blocks, and misplaced text outside of them.
sub _find_blocks
{
	my ($self) = @_;
	my $lines = $self->{lines};
	my $block;

	foreach my $number (1 .. @$lines)
	{
		my $line = $lines->[ $number - 1 ];

		if ($block && $line eq '```')
		{
			$block->{end} = $number;
			push @{ $self->{blocks} }, $block;
			undef $block;
		}
		elsif ($block)
		{
			$block->{text} .= "$line\n";
		}
		elsif ($line =~ /^\s*```(.*)/)
		{
			my $kind = $1;

			$block = { kind => $kind, line => $number, text => '' };
			$self->_fault($number, "unknown kind of block: \"$kind\"")
			  unless $line =~ /^`/
			  && ($is_run{$kind} || $is_shown{$kind} || $kind eq 'output');
			$self->_read_mark($block, $number > 1 ? $lines->[ $number - 2 ] : '');
		}
		elsif ($line =~ /^(?: {4}|\t)\s*(?![*+-] |\d+\. )\S/
			&& $number > 1 && $lines->[ $number - 2 ] eq '')
		{
			$self->_fault($number, 'a block that is not in a fence');
		}
		elsif ($line =~ /^<!--/ && ($lines->[$number] // '') !~ /^```/
			&& $line !~ /^<!-- (?:made of|end of) .*-->$/)
		{
			$self->_fault($number, "a comment that is before no block: $line");
		}
	}
	$self->_fault($block->{line}, 'a block that does not end') if $block;
	return;
}

# The comment on the line before a block.
sub _read_mark
{
	my ($self, $block, $line) = @_;
	my ($mark) = $line =~ /^<!-- (.*) -->$/ or return;

	if ($is_run{ $block->{kind} } && $mark =~ /^not run: (.*)/ && $is_reason{$1})
	{
		$block->{reason} = $1;
	}
	elsif ($is_run{ $block->{kind} }
		&& $mark =~ m{^local Glue: (POST|DELETE) (/[a-z-]+\S*)(?: (\{.*\}))?$})
	{
		$block->{told} = [ $1, $2, $3 ? JSON::PP->new->decode($3) : undef ];
	}
	elsif ($block->{kind} eq 'output' && $mark eq 'figures vary')
	{
		$block->{varies} = 1;
	}
	else
	{
		$self->_fault($block->{line} - 1, "unknown mark: $mark");
	}
	return;
}

# An output belongs to the block just before it.
sub _join_outputs
{
	my ($self) = @_;
	my $before;

	foreach my $block (@{ $self->{blocks} })
	{
		if ($block->{kind} eq 'output')
		{
			if ($before && $is_run{ $before->{kind} })
			{
				$before->{output} = $block;
			}
			else
			{
				$self->_fault($block->{line}, 'an output of no block');
			}
		}
		$before = $block;
	}
	return;
}

# Parts that may differ in another run.
sub _normalized
{
	my ($text, $varies) = @_;

	$text =~ s/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/uuid/g;
	$text =~ s/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d(?::\d\d)?/time/g;
	$text =~ s{\b(localhost|127\.0\.0\.1):\d+}{$1:port}g;
	$text =~ s{/tmp/[\w./-]+}{file}g;
	$text =~ s/\d+/9/g if $varies;
	$text =~ s/-{2,}/--/g;
	$text =~ s/[ \t]+/ /g;
	$text =~ s/ +$//mg;
	$text =~ s/\n+\z/\n/;
	return $text;
}

sub is_output
{
	my ($self, $block, $output) = @_;

	return _normalized($block->{output}{text}, $block->{output}{varies}) eq
	  _normalized($output, $block->{output}{varies});
}

sub correct
{
	my ($self, $block, $output) = @_;

	$block->{real} = $output =~ s/[ \t]+$//mgr =~ s/\n+\z/\n/r;
	return;
}

sub text
{
	my ($self) = @_;
	my @lines = @{ $self->{lines} };

	# from the end, so that earlier numbers stay valid
	foreach my $block (reverse grep { defined $_->{real} } $self->to_run)
	{
		my @real = split /\n/, $block->{real};
		my $output = $block->{output};

		if ($output)
		{
			splice @lines, $output->{line}, $output->{end} - 1 - $output->{line}, @real;
		}
		else
		{
			splice @lines, $block->{end}, 0, '', '```output', @real, '```';
		}
	}
	return join "\n", @lines;
}

1;
