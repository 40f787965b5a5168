# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Resolved - is everything resolved, and does the database know the outcome?

=head1 SYNOPSIS

	use GlueConn::Resolved;

	my $resolved = GlueConn::Resolved->new($cluster->glue, $cluster->node);

	# ... make calls, kill things ...
	$resolved->check('after a crash');

	# or, one by one
	$resolved->wait;
	is($resolved->differences, '', 'the table is as AWS Glue');
	is($resolved->made_twice, '', 'and no call has made two connections');

	$session->must('BEGIN; ' . create('orders') . '; ROLLBACK');
	$resolved->outcome('ROLLBACK after a create', 'orders', %undone);

=head1 DESCRIPTION

The state of AWS Glue is read from the local Glue itself, not through the
extension.  Secrets are not compared: those of the tests begin with "Secret-".

=cut

package GlueConn::Resolved;

use strict;
use warnings;

use Exporter 'import';
use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::Session;
use Test::More;
use Time::HiRes qw(time);

our @EXPORT_OK = qw(create update %undone %succeeded %nothing);

# How a call of create() may end.
our %undone = (glue => 'none', row => 'none', request => 'rolled_back');
our %succeeded = (glue => 'first', row => 'first', request => 'succeeded');
our %nothing = (glue => 'none', row => 'none', request => 'none');

# In seconds, for requests that may be retried a few times.
my $patience = $ENV{PATIENCE} || 60;

# Members of a ConnectionInput, and the columns that hold them.
my %column = (
	ConnectionType => 'connection_type',
	Description => 'description',
	MatchCriteria => 'match_criteria',
	ConnectionProperties => 'connection_properties',
	SparkProperties => 'spark_properties',
	AthenaProperties => 'athena_properties',
	PythonProperties => 'python_properties',
	PhysicalConnectionRequirements => 'physical_connection_requirements');

=pod

=head1 METHODS

=over

=item GlueConn::Resolved->new(glue, node, database)

Compare a GlueConn::LocalGlue with a database of a PostgreSQL::Test::Cluster,
postgres if none is given.  The server may be restarted at any time.

=item $resolved->ask(sql), $resolved->answer(sql)

The output of a query; undef while the server cannot be reached.

=item $resolved->hurry

Have postponed requests retried at once.

=item $resolved->wait(hurry => 1)

Wait until no request is open; die if that takes too long.  With B<hurry>,
nothing is put off meanwhile.

=cut

sub new
{
	my ($class, $glue, $node, $database) = @_;

	return bless {
		glue => $glue,
		node => $node,
		database => $database // 'postgres'
	}, $class;
}

sub ask
{
	my ($self, $sql) = @_;
	my $result = eval {
		$self->{session} //=
		  GlueConn::Session->new($self->{node}->connstr($self->{database}));
		$self->{session}->query($sql);
	};

	return $result->output if $result && $result->text eq '';
	my $session = delete $self->{session};
	eval { $session->quit } if $session;
	die "$sql: " . $result->text
	  if $result && $result->sqlstate !~ /^(?:00000|08...|57P0.)$/;
	return;
}

# The same for a query with a result: after a crash of the server it is
# repeated.
sub answer
{
	my ($self, $sql) = @_;
	my $answer;

	wait_until(sub { ($answer = $self->ask($sql) // '') ne '' }, 'an answer');
	return $answer;
}

sub hurry
{
	my ($self) = @_;
	my $put_off = $self->ask(<<'SQL');
WITH put_off AS (
	UPDATE glue_request SET next_attempt_at = now()
	WHERE finished_at IS NULL AND state = 'queued' AND next_attempt_at > now()
	RETURNING 1)
SELECT count(*) FROM put_off
SQL

	# a new request wakes a worker
	$self->ask("SELECT glue_enqueue_delete_connection('nobody', missing_ok => true)")
	  if $put_off;
	return;
}

sub wait
{
	my ($self, %how) = @_;

	wait_until(sub {
		$self->hurry if $how{hurry};
		return ($self->ask('SELECT count(*) FROM glue_request'
				  . ' WHERE finished_at IS NULL') // '') eq '0';
	}, 'all requests have ended');
	return;
}

=pod

=item $resolved->differences(name, ...)

The differences between AWS Glue and C<glue_connection>, one a line; ''
if there is none.  The names are those of connections that the database need
not know.

=item $resolved->made_twice(name, ...)

The names of connections that were created more often than they were requested,
by the rows of C<glue_request>.  The names as above.

=cut

sub differences
{
	my ($self, @strangers) = @_;
	my %stranger = map { $_ => 1 } @strangers;
	my %held = map { $_->{name} => _held($_) }
	  grep { !$stranger{ $_->{name} } }
	  @{ $self->{glue}->state->{connections} };
	my %recorded = map { $_->{name} => _recorded($_) }
	  @{ json_value($self->answer(
			"SELECT coalesce(json_agg(c), '[]') FROM glue_connection c")) };
	my @differences;

	foreach my $name (sort keys %{ { %held, %recorded } })
	{
		if (!exists $recorded{$name})
		{
			push @differences, "$name is not in the table";
		}
		elsif (!exists $held{$name})
		{
			push @differences, "$name is only in the table";
		}
		else
		{
			push @differences,
			  map { "$name: $_" }
			  _compare($held{$name}, $recorded{$name});
		}
	}
	return join "\n", @differences;
}

sub made_twice
{
	my ($self, @strangers) = @_;
	my %stranger = map { $_ => 1 } @strangers;
	my $asked = json_value($self->answer(<<'SQL'));
SELECT coalesce(json_object_agg(connection_name, n), '{}')
FROM (SELECT connection_name, count(*) AS n FROM glue_request
	WHERE operation = 'CreateConnection' GROUP BY 1) AS asked
SQL

	return join ' ', sort grep { !$stranger{$_} } map { $_->{name} }
	  grep { $_->{created} > ($asked->{ $_->{name} } // 0) }
	  @{ $self->{glue}->state->{history} };
}

# A connection in AWS Glue, as text by members.
sub _held
{
	my ($connection) = @_;
	my $definition = $connection->{definition};

	return {
		(map { $_ => _text($definition->{$_}) } keys %column),
		Tags => _text($connection->{tags})
	};
}

# The same of a row; tags may not be known.
sub _recorded
{
	my ($row) = @_;

	return {
		(map { $_ => _text($row->{ $column{$_} }) } keys %column),
		defined $row->{tags} ? (Tags => _text($row->{tags})) : ()
	};
}

# Members that differ.
sub _compare
{
	my ($held, $recorded) = @_;

	return map { "$_ is $held->{$_}, and recorded is $recorded->{$_}" }
	  grep { $held->{$_} ne $recorded->{$_} } sort keys %$recorded;
}

# A value as text, without secrets; one that is empty is as none.
sub _text
{
	my ($value) = @_;

	if (ref $value eq 'HASH')
	{
		my %open = map { $_ => $value->{$_} }
		  grep { ($value->{$_} // '') !~ /^(?:\*{8}|Secret-)/ } keys %$value;

		return %open ? json_text(\%open) : '';
	}
	return ref $value ? @$value ? json_text($value) : '' : $value // '';
}

=pod

=item $resolved->check(case, name, ...)

Wait, and test that there are no differences and that nothing was made twice.
B<case> is for the names of the tests.

=item $resolved->requests(name)

The requests about a connection in their order, as a list: of each its state,
and its error code if it has one.

=item $resolved->outcome(event, name, glue => ..., row => ..., request => ...)

Wait until all requests about a connection have ended, and test the state
after an event: in AWS Glue and in C<glue_connection> the description of the
connection, or "none"; and the last of its requests as above, or "none".  One
that is to be queued is not waited for.

=back

=head1 FUNCTIONS

=over

=item create(name, description, argument => value, ...), update(name, description)

Calls about a connection with the call's own description: "first" if
nothing is said.  B<%undone>, B<%succeeded> and B<%nothing> say how a call of
create() may end.

=back

=cut

sub check
{
	my ($self, $what, @strangers) = @_;

	$self->wait;
	my $differences = $self->differences(@strangers);
	is($differences, '', "$what: the table is as AWS Glue")
	  or diag($self->_story($differences));
	is($self->made_twice(@strangers), '', "$what: no call has made two connections");
	return;
}

# The history of the differing connections: their requests, and the local
# Glue's messages and answers.
sub _story
{
	my ($self, $differences) = @_;
	my @all = $self->{glue}->requests;
	my $story = '';

	foreach my $name ($differences =~ /^(.*?)(?: is (?:not|only) in the table$|: )/mg)
	{
		$story .= "requests for $name:\n"
		  . $self->answer('SELECT string_agg(r::text, chr(10) ORDER BY id) FROM ('
			  . 'SELECT id, operation, on_conflict, state, error_code,'
			  . " input ->> 'Description', caller_xid, caller_top_xid,"
			  . ' requested_at, started_at, answered_at, undone_at, finished_at,'
			  . ' error_message FROM glue_request'
			  . ' WHERE connection_name = ' . literal($name) . ') AS r')
		  . "\nAWS Glue was asked for it:\n"
		  . join('', map { _told($_) } grep { ($_->{body} // '') =~ /"\Q$name\E"/ } @all);
	}
	return $story;
}

sub _told
{
	my ($request) = @_;
	my ($description) = $request->{body} =~ /"Description": *"([^"]*)"/;

	return join(' ', map { $_ // '-' } @{$request}{qw(time operation status error misbehaviour)},
		$request->{processed} ? 'done' : 'not done', $description) . "\n";
}

sub requests
{
	my ($self, $name) = @_;
	my $requests = $self->ask("SELECT string_agg(concat_ws(' ', state, error_code),"
		  . ' chr(10) ORDER BY id) FROM glue_request'
		  . ' WHERE connection_name = ' . literal($name));

	return split /\n/, $requests // '';
}

sub outcome
{
	my ($self, $event, $name, %expected) = @_;
	my $deadline = time + $patience;
	my $request = 'none';

	# on a timeout, the tests report it
	wait_until(sub {
		my @requests = $self->requests($name);
		my $nopen = grep { /^(?:queued|running)/ } @requests;

		$request = $requests[-1] // 'none';
		return $request =~ /^queued/ && $request eq $expected{request}
		  || $request eq 'none' && $expected{request} eq 'none'
		  || @requests && !$nopen
		  || time > $deadline;
	}, 'the requests have ended');
	my $held = $self->{glue}->connection($name);
	my $row = $self->ask('SELECT description FROM glue_connection'
		  . ' WHERE name = ' . literal($name));

	is($held ? $held->{definition}{Description} : 'none',
		$expected{glue}, "$event: in AWS Glue ($name)");
	is($row eq '' ? 'none' : $row, $expected{row}, "$event: row");
	is($request, $expected{request}, "$event: request");
	return;
}

sub create
{
	my ($name, $description, %arguments) = @_;

	return create_sql(jdbc($name, Description => $description // 'first'),
		%arguments);
}

sub update
{
	my ($name, $description) = @_;

	return update_sql(jdbc($name, Description => $description));
}

1;
