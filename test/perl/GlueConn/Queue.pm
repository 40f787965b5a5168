# Copyright (c) 2026, glue_conn contributors

=pod

=head1 NAME

GlueConn::Queue - the queue of requests, as a session makes, processes and sees it

=head1 SYNOPSIS

	use GlueConn::Queue;

	my $id = enqueue($session, referring('orders'), on_conflict => 'adopt');
	work($session);
	is(state_of($session, $id, 'attempts'), 'succeeded|1', 'it succeeds');

=head1 DESCRIPTION

Each function is about the database of a GlueConn::Session, and has that session
execute its statements, in its transaction if there is one.

=cut

package GlueConn::Queue;

use strict;
use warnings;

use Exporter 'import';
use GlueConn::Cluster;
use GlueConn::Inputs;

our @EXPORT = qw(enqueue enqueue_update enqueue_delete enqueue_put_off make_due work work_on_all
  state_of end_of wait_for_state wait_until_ended workers wait_for_no_workers
  new_outcomes);

=pod

=head1 FUNCTIONS

=over

=item enqueue(session, input, argument => value, ...)

Ask for a connection; returns the ID of the request.

=item enqueue_update(session, input, ...), enqueue_delete(session, name, ...)

The same for changes.

=item enqueue_put_off(session, input, ...)

Ask for a connection that cannot be made now, and wait until the request was put off
and the workers have left; returns its ID.

=item make_due(session, id, ...)

Have requests that were put off retried when the queue is processed: these, or
all.

=item work(session), work_on_all(session)

Call glue_process_requests(), for requests that are due or for all queued ones; returns
the result.

=item state_of(session, id, column, ...)

The state of a request and more of its row, with "|" between.

=item end_of(session, id)

Wait until a request has ended, as a user does; returns its state.

=item wait_for_state(session, id, state)

Wait until a request is in a state: "succeeded" if nothing is said.

=item wait_until_ended(session)

Wait until no request is open.

=item workers(session, kind)

The process IDs of background workers of all databases; their number, if one
scalar is wanted.  The kind is "launcher", "worker" or "journal worker"; without
it, it is all but the launcher.

=item wait_for_no_workers(session)

Wait until all workers have exited.

=item new_outcomes(session, \seen)

Process the queue; returns the outcomes of the requests that are newer than B<seen>,
which is the ID of the newest one then.

=back

=cut

sub new_outcomes
{
	my ($session, $seen) = @_;

	work($session);
	my $outcomes = $session->must(
		q{SELECT string_agg(concat_ws(' ', left(operation, 6), connection_name,
			state, error_code), ', ' ORDER BY id) FROM glue_request
			WHERE id > } . $$seen)->output;
	$$seen = $session->must('SELECT coalesce(max(id), 0) FROM glue_request')->output;
	return $outcomes;
}

sub enqueue
{
	my ($session, @request) = @_;

	return $session->must(enqueue_create_sql(@request))->output;
}

sub enqueue_update
{
	my ($session, @request) = @_;

	return $session->must(enqueue_update_sql(@request))->output;
}

sub enqueue_delete
{
	my ($session, @request) = @_;

	return $session->must(enqueue_delete_sql(@request))->output;
}

sub enqueue_put_off
{
	my ($session, @request) = @_;
	my $id = enqueue($session, @request);

	wait_until(sub { state_of($session, $id, 'error_code') =~ /^queued\|./ },
		"request $id is put off");
	wait_for_no_workers($session);
	return $id;
}

sub make_due
{
	my ($session, @ids) = @_;

	$session->must('UPDATE glue_request SET next_attempt_at = now() WHERE '
		  . (@ids ? 'id IN (' . join(', ', @ids) . ')' : "state = 'queued'"));
	return;
}

sub work
{
	my ($session) = @_;

	return $session->must('CALL glue_process_requests()');
}

sub work_on_all
{
	my ($session) = @_;

	make_due($session);
	return work($session);
}

sub state_of
{
	my ($session, $id, @columns) = @_;

	return $session->must('SELECT ' . join(', ', 'state', @columns)
		  . " FROM glue_request WHERE id = $id")->output;
}

sub end_of
{
	my ($session, $id) = @_;

	return $session->must("SELECT glue_wait_request($id, '60 s')")->output;
}

sub wait_for_state
{
	my ($session, $id, $state) = @_;

	$state //= 'succeeded';
	wait_until(sub { state_of($session, $id) eq $state }, "request $id is $state");
	return;
}

sub wait_until_ended
{
	my ($session) = @_;

	wait_until(sub { $session->must('SELECT count(*) FROM glue_request'
			  . ' WHERE finished_at IS NULL')->output eq '0' },
		'all requests have ended');
	return;
}

sub workers
{
	my ($session, $kind) = @_;

	$kind //= '.*worker';
	return split /\n/, $session->must('SELECT pid FROM pg_stat_activity'
		  . " WHERE backend_type ~ '^glue_conn $kind\$'")->output;
}

sub wait_for_no_workers
{
	my ($session) = @_;

	wait_until(sub { !workers($session) }, 'the workers exit');
	return;
}

1;
