# Copyright (c) 2026, glue_conn contributors
#
# A request goes to the target that it was made for, or waits: a foreign server is
# more than its name, and so is an account.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use GlueConn::LocalGlue;
use GlueConn::Queue;
use GlueConn::Ways;
use Test::More;

my $cluster = GlueConn::Cluster->start(secret_key => 1);
my $glue = $cluster->glue;
my $node = $cluster->node;
my $session = $cluster->session;

$session->must('CREATE ROLE shopkeeper; CREATE ROLE thief; CREATE ROLE buyer;'
	  . ' GRANT USAGE ON FOREIGN DATA WRAPPER glue_conn TO shopkeeper, thief;'
	  . ' GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO buyer, shopkeeper');

# A server of a role, with keys for everybody.
sub make_server
{
	my ($name, $role, $access_key) = @_;

	$session->must("SET ROLE $role; "
		  . server_sql($name, $access_key, $glue->secret_key,
			options => "region 'us-east-1'", user => 'PUBLIC')
		  . " GRANT USAGE ON FOREIGN SERVER $name TO PUBLIC; RESET ROLE");
}

#
# Another server of that name
#

make_server('shop', 'shopkeeper', $glue->access_key);
$session->must('SET ROLE buyer');
my $sealed = enqueue($session, secret('sealed'), server => 'shop');
my $plain = enqueue($session, referring('plain'), server => 'shop');
$session->must('RESET ROLE; DROP SERVER shop CASCADE');
$glue->add_credentials(access_key => 'AKIATHIEF',
	secret_key => $glue->secret_key);
make_server('shop', 'thief', 'AKIATHIEF');
my $watch = $cluster->watch;
work_on_all($session);
foreach my $id ($sealed, $plain)
{
	is(state_of($session, $id, 'error_code'), 'failed|42704', 'a server that was dropped');
	like(state_of($session, $id, 'error_message'), qr/foreign server "shop" was dropped/,
		'is not the next one of that name');
}
is($watch->sent, 0, 'and nothing is sent');
is($session->must('SELECT count(*) FROM glue_request_secret')->output, '0',
	'the secrets are erased');
my $refused = $session->query("SELECT glue_retry_request($sealed)");
is($refused->sqlstate, '55000', 'it cannot be retried without them');
$session->must('SET ROLE buyer');
is($session->must("SELECT glue_retry_request($plain)")->output, 'queued',
	'one without secrets, by its own role');
$session->must('RESET ROLE');
work_on_all($session);
is(state_of($session, $plain), 'succeeded', 'is meant for that server then');
$session->must('DROP SERVER shop CASCADE');

#
# The same server under another name
#

make_server('shop', 'shopkeeper', $glue->access_key);
my $first = enqueue($session, secret('renamed'), server => 'shop');
my $next = enqueue_delete($session, 'renamed', server => 'shop');
$session->must('ALTER SERVER shop RENAME TO store');
make_server('shop', 'thief', 'AKIATHIEF');
my $last = enqueue_delete($session, 'renamed', server => 'store', missing_ok => 't');
work_on_all($session);
is(state_of($session, $first, 'server'), 'succeeded|store', 'a server that was renamed is followed');
is(state_of($session, $_, 'server'), 'succeeded|store', 'in order') foreach $next, $last;
is($glue->created('renamed'), 1, 'it was created');
$session->must('DROP SERVER shop CASCADE; ALTER SERVER store RENAME TO shop');

# Rows whose connections are recorded under the old name.
$session->must('CREATE TABLE source (connection_input jsonb); '
	  . trigger_sql('source', 'server=shop'));
$session->must(row_sql(referring($_)))
  foreach 'to be deleted', 'to be updated';
work_on_all($session);
$session->must("DELETE FROM source WHERE connection_input->>'Name' = 'to be deleted'");
$session->must('UPDATE source SET connection_input = '
	  . literal(json_text(referring('to be updated', Description => 'new'))));
$session->must('ALTER SERVER shop RENAME TO store');
work_on_all($session);
is($glue->connection('to be deleted'), undef, 'a row is deleted: so is its connection');
is($glue->connection('to be updated')->{definition}{Description}, 'new', 'likewise an update');
is($session->must("SELECT string_agg(server || ' ' || name, ', ') FROM glue_connection"
		. " WHERE name LIKE 'to be %'")->output, 'store to be updated',
	'the record has the new name');
$session->must('DROP TABLE source; ALTER SERVER store RENAME TO shop');

#
# Another account, or another place
#

# A corrected key is no reason to wait, unless there is a secret.
$sealed = enqueue($session, secret('with a key'), server => 'shop');
$plain = enqueue($session, referring('without'), server => 'shop');
$session->must('ALTER USER MAPPING FOR PUBLIC SERVER shop OPTIONS'
	  . " (SET access_key_id 'AKIATHIEF')");
$watch = $cluster->watch;
work_on_all($session);
is(state_of($session, $plain), 'succeeded', 'other keys do for a request without secrets');
like(state_of($session, $sealed, 'attempts', 'error_code', 'error_message'),
	qr/^queued\|0\|target changed\|the target has changed since the request was made/,
	'one with secrets waits, and says why');
is($watch->sent, 1, 'its password is not sent');
is($session->must('SELECT count(*) FROM glue_request_secret')->output, '1', 'and kept');

# Others of the same server continue.
my $another = enqueue($session, secret('another'), server => 'shop');
work_on_all($session);
is(state_of($session, $another), 'succeeded', 'a request that was made for the new keys continues');

# The roles that may confirm the other target.
$session->must('GRANT buyer TO shopkeeper; CREATE ROLE bystander;'
	  . ' GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO bystander');
$session->must('SET ROLE bystander');
is($session->query("SELECT glue_retry_request($sealed)")->sqlstate, '42704',
	'an unrelated role does not see it');
$session->must('RESET ROLE');
$session->must('SET ROLE shopkeeper');
is($session->must("SELECT glue_retry_request($sealed)")->output, 'queued',
	'the owner of the server says that it is right');
$session->must('RESET ROLE');
work_on_all($session);
is(state_of($session, $sealed), 'succeeded', 'and it continues');
is($glue->connection('with a key')->{definition}{ConnectionProperties}{PASSWORD},
	'Secret-with a key', 'with its secret, which was sealed anew');

# The role that asked for it may not say so, unless the server is its own.
$session->must('SET ROLE buyer');
$sealed = enqueue($session, secret('of the buyer'), server => 'shop');
$session->must('RESET ROLE; ALTER USER MAPPING FOR PUBLIC SERVER shop OPTIONS'
	  . ' (SET access_key_id ' . literal($glue->access_key) . ')');
work_on_all($session);
is(state_of($session, $sealed, 'error_code'), 'queued|target changed', 'the key is changed back');
$session->must('SET ROLE buyer');
$refused = $session->query("SELECT glue_retry_request($sealed)");
is($refused->sqlstate, '42501', 'the role that asked for it cannot confirm the target');
like($refused->hint, qr/owner of foreign server "shop", or a superuser/, 'others have');
is($session->must("SELECT glue_cancel_request($sealed)")->output, 'cancelled',
	'but may cancel it');
$session->must('RESET ROLE');

# A place: for all requests, and calls that are to be undone.
my $elsewhere = GlueConn::LocalGlue->new;
$elsewhere->start;
$session->must('ALTER SERVER shop OWNER TO CURRENT_USER');
$plain = enqueue($session, referring('place'), server => 'shop');
$session->must('ALTER SERVER shop OPTIONS (ADD endpoint_url '
	  . literal($elsewhere->url) . ', ADD ca_file ' . literal($elsewhere->ca_file) . ')');
work_on_all($session);
is(state_of($session, $plain, 'error_code'), 'queued|target changed', 'another endpoint');
is($elsewhere->created('place'), 0, 'is not the target');
$session->must('ALTER SERVER shop OPTIONS (DROP endpoint_url, DROP ca_file)');
work_on_all($session);
is(state_of($session, $plain), 'succeeded', 'until it is the same again');
$plain = enqueue($session, referring('moved'), server => 'shop');
$session->must('ALTER SERVER shop OPTIONS (ADD endpoint_url '
	  . literal($elsewhere->url) . ', ADD ca_file ' . literal($elsewhere->ca_file) . ')');
work_on_all($session);
is($session->must("SELECT glue_retry_request($plain)")->output, 'queued',
	'or a superuser says that it is right');
work_on_all($session);
is(state_of($session, $plain), 'succeeded', 'then it goes there');
is($elsewhere->created('moved'), 1, 'indeed');
$elsewhere->stop;
$session->must('DROP SERVER shop CASCADE');

# The catalog is as much a part of it as the region is, even if none was named: it
# can be that of another account.
make_server('shop', 'shopkeeper', $glue->access_key);
$sealed = enqueue($session, secret('of no catalog'), server => 'shop');
$session->must("ALTER SERVER shop OPTIONS (ADD catalog_id '999999999999')");
$watch = $cluster->watch;
work_on_all($session);
is(state_of($session, $sealed, 'error_code'), 'succeeded|', 'a catalog that the server has got since');
is(scalar(grep { $_->{body} =~ /999999999999/ } $watch->requests), 0,
	'is not the target');
ok($glue->connection('of no catalog'), 'but that of the account');
$session->must('DROP SERVER shop CASCADE');

# The owner of the server cannot repeat a request that has ended.
make_server('shop', 'shopkeeper', $glue->access_key);
$session->must('REVOKE buyer FROM shopkeeper; SET ROLE buyer');
$plain = enqueue($session, referring('cancelled'), server => 'shop');
$session->must("SELECT glue_cancel_request($plain)");
$session->must('RESET ROLE; SET ROLE shopkeeper');
is($session->query("SELECT glue_retry_request($plain)")->sqlstate, '42704',
	'the owner of a server does not see cancelled requests of others');
$session->must('RESET ROLE');
is(state_of($session, $plain), 'cancelled', 'and it stays so');

# Two concurrent confirmations: the later one uses the secrets at its time.
$glue->add_credentials(access_key => "AKIA$_", secret_key => $glue->secret_key)
  foreach qw(SECOND THIRD);
$sealed = enqueue($session, secret('by two'), server => 'shop');
$session->must('ALTER USER MAPPING FOR PUBLIC SERVER shop OPTIONS'
	  . " (SET access_key_id 'AKIASECOND')");
work_on_all($session);
my $one = $cluster->session;
my $two = $cluster->session;
$one->must("BEGIN; SELECT glue_retry_request($sealed)");
$session->must('ALTER USER MAPPING FOR PUBLIC SERVER shop OPTIONS'
	  . " (SET access_key_id 'AKIATHIRD')");
$two->send("SELECT glue_retry_request($sealed)");
wait_until(sub { $session->must('SELECT wait_event_type FROM pg_stat_activity WHERE pid = '
	  . $two->pid)->output eq 'Lock' }, 'the second waits');
$one->must('COMMIT');
is($two->result->output, 'queued', 'two retry a request');
work_on_all($session);
is(state_of($session, $sealed, 'error_code'), 'succeeded|', 'and it is carried out');
$_->quit foreach $one, $two;

# Settings in the session that retries a request do not affect it.
$session->must('SET ROLE buyer');
$plain = enqueue($session, referring('retried'), server => 'shop');
$session->must('RESET ROLE');
$session->must('ALTER SERVER shop RENAME TO gone; REVOKE USAGE ON FOREIGN SERVER gone FROM PUBLIC');
$session->must('ALTER USER MAPPING FOR PUBLIC SERVER gone OPTIONS (ADD role_arn $$arn:aws:iam::999999999999:role/r$$)');
$session->must('GRANT USAGE ON FOREIGN SERVER gone TO PUBLIC; ALTER SERVER gone RENAME TO shop');
work_on_all($session);
is(state_of($session, $plain, 'error_code'), 'queued|target changed', 'a request waits');
$session->must('ALTER USER MAPPING FOR PUBLIC SERVER shop OPTIONS (DROP role_arn)');
$session->must("SET glue_conn.endpoint_url = 'https://localhost:1'");
is($session->must("SELECT glue_retry_request($plain)")->output, 'queued', 'it is retried');
$session->must('RESET glue_conn.endpoint_url');
work_on_all($session);
is(state_of($session, $plain, 'error_code'), 'succeeded|', 'and goes where it did');

# The same OID in another cluster is not the same server.
make_server('another', 'thief', 'AKIATHIEF');
my $others = enqueue($session, referring('of another'), server => 'another');
$plain = enqueue($session, referring('of the shop'), server => 'shop');
$session->must("UPDATE glue_request SET cluster = 1, server_owner = 'thief', server_oid ="
	  . " (SELECT oid FROM pg_foreign_server WHERE srvname = 'another') WHERE id = $plain");
work_on_all($session);
is(state_of($session, $others), 'succeeded', 'a request for a server');
is(state_of($session, $plain, 'error_code'), 'queued|target changed',
	'takes none with it that has the OID from elsewhere');
$session->must("SELECT glue_cancel_request($plain)");
$session->must('DROP SERVER another CASCADE');

# Lost secrets are not replaced by their redacted form.
$sealed = enqueue($session, secret('lost'), server => 'shop');
$session->must("DELETE FROM glue_request_secret WHERE request = $sealed");
work_on_all($session);
is(state_of($session, $sealed, 'error_code'), 'failed|sealed secrets broken', 'without its secrets a request fails');
is($glue->created('lost'), 0, 'and is not sent');
$session->must('DROP SERVER shop CASCADE');

# A request that waits for its target is not sent to another server of that
# name, even after a confirmation.
make_server('shop', 'shopkeeper', $glue->access_key);
$sealed = enqueue($session, secret('waiting'), server => 'shop');
$session->must('ALTER USER MAPPING FOR PUBLIC SERVER shop OPTIONS'
	  . " (SET access_key_id 'AKIATHIEF')");
work_on_all($session);
is(state_of($session, $sealed, 'error_code'), 'queued|target changed', 'a request waits');
$session->must('DROP SERVER shop CASCADE');
make_server('shop', 'thief', 'AKIATHIEF');
$refused = $session->query("SELECT glue_retry_request($sealed)");
is($refused->sqlstate, '42704', 'even a superuser does not send it to another server');
like($refused->message, qr/foreign server "shop" was dropped/, 'of that name');
$session->must('SET ROLE thief; RESET ROLE; GRANT EXECUTE ON FUNCTION'
	  . ' glue_retry_request(bigint) TO thief; SET ROLE thief');
is($session->query("SELECT glue_retry_request($sealed)")->sqlstate, '42704',
	'and its owner does not see the request');
$session->must('RESET ROLE');
work_on_all($session);
is(state_of($session, $sealed, 'error_code'), 'failed|42704', 'it fails');
is($glue->created('waiting'), 0, 'and its password is not sent');
$session->must('DROP SERVER shop CASCADE');

# An undo looks where the call was made, or waits as well.
my $xid = $session->must('BEGIN; SELECT pg_current_xact_id()')->output;
$session->must('ROLLBACK');
$glue->put_connection(input => referring('undone'));
my $undo = $session->must(<<"END")->output;
INSERT INTO glue_request (operation, connection_name, region, input, state,
	next_attempt_at, caller_xid, caller_top_xid, answered_at, on_rollback,
	requested_by, requested_at, aws_sent_at, aws_ended_at, target_fingerprint)
VALUES ('CreateConnection', 'undone', 'us-east-1',
	@{[literal(json_text(referring('undone')))]}, 'running', now(), '$xid', '$xid',
	now(), 'delete', current_user::regrole, now() - interval '1 s',
	now() - interval '1 s', now(), decode(repeat('ab', 32), 'hex'))
RETURNING id
END
work_on_all($session);
is(state_of($session, $undo, 'error_code'), 'queued|target changed', 'an undo waits for its target');
ok($glue->connection('undone'), 'and touches nothing elsewhere');
is($session->must("SELECT glue_retry_request($undo)")->output, 'queued',
	'until a superuser says that this is right');
work_on_all($session);
is(state_of($session, $undo, 'error_code'), 'rolled_back|', 'then it is undone');
is($glue->connection('undone'), undef, 'here');

#
# The settings of the session
#

my $third = GlueConn::LocalGlue->new;
$third->start;
$session->must('SET glue_conn.endpoint_url = ' . literal($third->url)
	  . '; SET glue_conn.ca_file = ' . literal($third->ca_file));
$plain = enqueue($session, referring('by settings'));
$session->must('RESET glue_conn.endpoint_url; RESET glue_conn.ca_file');
work_on_all($session);
is(state_of($session, $plain), 'succeeded', 'a request of a session with settings of its own');
is($third->created('by settings'), 1, 'goes where those lead');
is($glue->created('by settings'), 0, 'and nowhere else');
$third->stop;

#
# Sealed secrets
#

foreach my $change (
	"tags = '{\"a\": \"b\"}'", "on_conflict = 'update'", "on_missing = 'create'",
	"requested_by = 'buyer'", "target_fingerprint = ''", "region = 'us-west-2'",
	"catalog_id = '123456789012'", "connection_name = 'x'")
{
	my $id = enqueue($session, secret('altered'));

	$session->must("UPDATE glue_request SET $change WHERE id = $id");
	work_on_all($session);
	is(state_of($session, $id, 'error_code'), 'failed|sealed secrets broken',
		"does not open with $change");
}
is($glue->created('altered'), 0, 'and is never sent');

$session->quit;
$cluster->finish;
done_testing();
