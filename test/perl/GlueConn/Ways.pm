# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Ways - the ways in which a connection can be asked for

=head1 SYNOPSIS

	use GlueConn::Ways;

	make_source($session);
	foreach my $way (@ways)
	{
		my $result = $session->query(create_by($way, referring("by $way")));

		is($result->sqlstate, '55000', "$way: is refused");
	}

=head1 DESCRIPTION

A rule for a connection holds for every entry point: "call", at once; "bulk", as one
of many, at once; "queue", after commit; and "trigger", for a row, after commit.

=cut

package GlueConn::Ways;

use strict;
use warnings;

use Exporter 'import';
use GlueConn::Inputs;

our @EXPORT = qw(@ways trigger_sql make_source row_sql create_by);

our @ways = qw(bulk call queue trigger);

=pod

=head1 FUNCTIONS

=over

=item trigger_sql(table, argument, ...)

Have the rows of a table provision connections.

=item make_source(session)

Make the table C<source>, whose rows provision connections.

=item row_sql(input)

Insert a row into it.

=item create_by(way, input, argument => value, ...)

A statement that asks for a connection in one of the B<@ways>.  A row has no
arguments.

=back

=cut

sub trigger_sql
{
	my ($table, @arguments) = @_;

	return "CREATE TRIGGER provision AFTER INSERT OR UPDATE OR DELETE ON $table"
	  . ' FOR EACH ROW EXECUTE FUNCTION glue_provision_connection('
	  . join(', ', map { literal($_) } @arguments) . ')';
}

sub make_source
{
	my ($session) = @_;

	$session->must('CREATE TABLE source (connection_input jsonb); '
		  . trigger_sql('source'));
	return;
}

sub row_sql
{
	my ($input) = @_;

	return 'INSERT INTO source VALUES (' . literal(json_text($input)) . ')';
}

sub create_by
{
	my ($way, $input, %arguments) = @_;

	return $way eq 'call' ? create_sql($input, %arguments)
	  : $way eq 'bulk' ? create_many_sql('*', [$input], %arguments)
	  : $way eq 'queue' ? enqueue_create_sql($input, %arguments)
	  : row_sql($input);
}

1;
