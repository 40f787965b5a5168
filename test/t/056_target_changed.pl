# Copyright (c) 2026, glue_conn contributors
#
# Between a call and its undo, or between the attempts of a request, the keys
# of a user mapping can become those of another account, and a foreign server
# can be changed to another target.  A missing connection there proves nothing,
# and no connection is deleted there: the request waits for the old target.
# The name of a server does not matter.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::LocalGlue;
use GlueConn::Queue;
use GlueConn::Resolved qw(create);
use GlueConn::Watch;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = GlueConn::Cluster->start(preload => 1, secret_key => 1, asks_account => 1,
	conf => "glue_conn.settle_time = 1s\n");
my $glue = $cluster->glue;
my $elsewhere = GlueConn::LocalGlue->new;
my $session = $cluster->session;
my $admin = $cluster->session;
my $resolved = GlueConn::Resolved->new($glue, $cluster->node);
my %account = (own => '111111111111', other => '222222222222');

$elsewhere->start;
foreach my $user (sort keys %account)
{
	$_->add_credentials(access_key => "AKIA$user", secret_key => $user,
		account => $account{$user})
	  foreach $glue, $elsewhere;
}
$admin->must(server_sql('shop', 'AKIAown', 'own', user => 'PUBLIC')
	  . server_sql('other', 'AKIAother', 'other', user => 'PUBLIC'));
my %shop = (server => 'shop');

# Ways to change the target of the server, and back; and the connections there.
my %change = (
	account => {
		there => 'ALTER USER MAPPING FOR PUBLIC SERVER shop OPTIONS'
		  . " (SET access_key_id 'AKIAother', SET secret_access_key 'other')",
		back => 'ALTER USER MAPPING FOR PUBLIC SERVER shop OPTIONS'
		  . " (SET access_key_id 'AKIAown', SET secret_access_key 'own')",
		glue => $glue,
		account => $account{other}
	},
	endpoint => {
		there => 'ALTER SERVER shop OPTIONS (ADD endpoint_url '
		  . literal($elsewhere->url) . ', ADD ca_file ' . literal($elsewhere->ca_file) . ')',
		back => 'ALTER SERVER shop OPTIONS (DROP endpoint_url, DROP ca_file)',
		glue => $elsewhere,
		account => $account{own}
	});

# Where a connection is: in its own account, and at a changed target.
sub held_by
{
	my ($at, $account, $name) = @_;

	return scalar grep { $_->{name} eq $name && $_->{account} eq $account }
	  @{ $at->state->{connections} };
}

sub held
{
	my ($name) = @_;

	return held_by($glue, $account{own}, $name);
}

sub held_there
{
	my ($change, $name) = @_;

	return held_by($change->{glue}, $change->{account}, $name);
}

sub request_of
{
	my ($name) = @_;

	return $admin->must('SELECT id FROM glue_request WHERE connection_name = '
		  . literal($name) . ' ORDER BY id DESC LIMIT 1')->output;
}

# A request waits because of its target, and says so.
sub waits_for_target
{
	my ($id, $what) = @_;

	wait_until(sub { state_of($admin, $id, 'error_code') =~ /^queued\|./ }, "$what waits");
	is(state_of($admin, $id, 'error_code', 'undone_at', 'finished_at'),
		'queued|target changed||', "$what: waits for its target");
	like(state_of($admin, $id, 'error_message'),
		qr/the target has changed since the request was made/, "$what: and says so");
	return;
}

# Retry postponed requests until one has ended; returns its state.
sub end_in_haste
{
	my ($id) = @_;

	wait_until(sub { $resolved->hurry; state_of($admin, $id) !~ /^(?:queued|running)/ },
		"request $id ends");
	return state_of($admin, $id);
}

# Try it again where it must not be carried out.
sub try_in_vain
{
	my ($id) = @_;

	make_due($admin, $id);
	is(end_of($admin, enqueue($admin, referring('a nudge'), server => 'other',
				on_conflict => 'adopt')), 'succeeded', 'others continue');
	wait_until(sub { state_of($admin, $id, 'next_attempt_at > now()') eq 'queued|t' },
		'it was tried again');
	return;
}

#
# Undo
#

foreach my $kind (sort keys %change)
{
	foreach my $there (0, 1)
	{
		my $change = $change{$kind};
		my $what = "another $kind, " . ($there ? 'with' : 'without') . ' such a connection';

		# an older connection with the same definition is not ours
		$change->{glue}->put_connection(account => $change->{account},
			input => jdbc($what, Description => 'first'))
		  if $there;
		$session->must('BEGIN; ' . create($what, 'first', %shop));
		$admin->must($change->{there});
		my $watch = GlueConn::Watch->new($glue);
		my $watch_there = GlueConn::Watch->new($elsewhere);
		$session->must('ROLLBACK');
		my $id = request_of($what);
		waits_for_target($id, $what);
		try_in_vain($id);
		is(state_of($admin, $id, 'error_code'), 'queued|target changed', "$what: still");
		is(scalar(grep { $_->{body} =~ /"\Q$what\E"/ } $watch->requests, $watch_there->requests),
			0, "$what: nothing is sent about it");
		is(held($what), 1, "$what: it is there");
		is(held_there($change, $what), $there, "$what: nothing is deleted elsewhere");

		# nothing proves that a call in one account is to be undone in another
		if ($kind eq 'account')
		{
			is($admin->must("SELECT glue_retry_request($id)")->output, 'queued',
				"$what: a superuser retries it");
			waits_for_target($id, "$what, retried");
			is(held_there($change, $what), $there, "$what: and nothing is deleted elsewhere");
		}
		$admin->must($change->{back});
		is(end_in_haste($id), 'rolled_back', "$what: then it is undone");
		is(held($what), 0, "$what: where it was made");
		is(held_there($change, $what), $there, "$what: and only there");
		is($cluster->row($what), undef, "$what: no row is left");
	}
}

# Other keys of the same account are good enough.
$glue->add_credentials(access_key => 'AKIAnew', secret_key => 'new', account => $account{own});
$session->must('BEGIN; ' . create('rotated', 'first', %shop));
$admin->must('ALTER USER MAPPING FOR PUBLIC SERVER shop OPTIONS'
	  . " (SET access_key_id 'AKIAnew', SET secret_access_key 'new')");
$session->must('ROLLBACK');
is(end_in_haste(request_of('rotated')), 'rolled_back', 'new keys of the account');
is(held('rotated'), 0, 'do to undo a call');
$admin->must('ALTER USER MAPPING FOR PUBLIC SERVER shop OPTIONS'
	  . " (SET access_key_id 'AKIAown', SET secret_access_key 'own')");

#
# A server that is renamed
#

$session->must('BEGIN; ' . create('renamed', 'first', %shop));
$admin->must('ALTER SERVER shop RENAME TO store;'
	  . server_sql('shop', 'AKIAother', 'other', user => 'PUBLIC'));
$session->must('ROLLBACK');
is(end_in_haste(request_of('renamed')), 'rolled_back',
	'a server is renamed before an undo, and another one has its name');
is(held('renamed'), 0, 'the undo is made all the same');
$admin->must('DROP SERVER shop CASCADE');

$session->must(create('kept', 'first', server => 'store'));
$session->must('BEGIN');
my $id = enqueue($session, referring('renamed twice'), server => 'store');
my $next = enqueue_delete($session, 'kept', server => 'store');
$admin->must('ALTER SERVER store RENAME TO shop');
$session->must('COMMIT');
is(end_of($admin, $_), 'succeeded', 'a server is renamed before a request is claimed')
  foreach $id, $next;
is(held('renamed twice') . held('kept'), '10', 'which is carried out');
is($admin->must('SELECT name, server FROM glue_connection WHERE name IN ($$renamed twice$$, $$kept$$)')
	->output, 'renamed twice|shop', 'and one row has the name as it is now');

#
# A request whose answer was lost
#

# Ask for a connection, which is made, but the answer is lost; returns the ID.
sub enqueue_lost
{
	my ($name) = @_;

	$glue->misbehave(operation => $_, name => $name, kind => 'lost-after', times => 0)
	  foreach qw(CreateConnection GetConnection);
	my $id = enqueue($session, referring($name), %shop);
	wait_until(sub { state_of($admin, $id, 'error_code') =~ /^queued\|./ }, "$name is put off");
	is(held($name), 1, "$name: it is created without an answer");
	return $id;
}

foreach my $kind (sort keys %change)
{
	my $change = $change{$kind};
	my $what = "lost, and another $kind";

	$id = enqueue_lost($what);
	$admin->must($change->{there});
	$glue->behave;
	make_due($admin, $id);
	enqueue($admin, referring('a nudge'), server => 'other', on_conflict => 'adopt');
	wait_until(sub { state_of($admin, $id, 'error_code') eq 'queued|target changed' },
		"$what waits");
	waits_for_target($id, $what);
	is(held_there($change, $what), 0, "$what: and nothing is made elsewhere");
	$admin->must($change->{back});
	is(end_in_haste($id), 'succeeded', "$what: then it continues");
	is($glue->created($what), 1, "$what: with what it has made");

	# a superuser confirms the new one, where others have made such a
	# connection since it was first sent to the old one
	$what = "retried, $what";
	$id = enqueue_lost($what);
	$admin->must($change->{there});
	$glue->behave;
	make_due($admin, $id);
	enqueue($admin, referring('a nudge'), server => 'other', on_conflict => 'adopt');
	wait_until(sub { state_of($admin, $id, 'error_code') eq 'queued|target changed' },
		"$what waits");
	$change->{glue}->put_connection(account => $change->{account}, input => referring($what),
		created => time - 1800);
	$admin->must("UPDATE glue_request SET started_at = now() - interval '1 h' WHERE id = $id");
	is($admin->must("SELECT glue_retry_request($id)")->output, 'queued', "$what: it is retried");
	like(end_in_haste($id), qr/^failed/, "$what: a connection of others there");
	is(state_of($admin, $id, 'error_code', 'account_id'),
		"failed|AlreadyExistsException|$change->{account}", "$what: is not its own");
	$admin->must($change->{back});
}

$_->quit foreach $session, $admin;
$elsewhere->stop;
$cluster->finish;
done_testing();
