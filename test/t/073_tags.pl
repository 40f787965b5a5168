# Copyright (c) 2026, glue_conn contributors
#
# Tags are set, removed, read, and recorded.
#
# AWS addresses tags by an ARN, so the account must be known: the catalog has
# it, or AWS STS is asked once for each access key.  A change of tags does not
# return the other tags of a connection, so they are read afterwards; and if
# that fails, the record is still not wrong.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start(asks_account => 1);
my $glue = $cluster->glue;
my $session = $cluster->session;
my $arn = 'arn:aws:glue:us-east-1:123456789012:connection';

sub call_sql
{
	my ($function, $name, @arguments) = @_;

	return "SELECT $function(" . join(', ', literal($name), @arguments) . ')';
}

sub tag_sql
{
	my ($name, $tags, @arguments) = @_;

	return call_sql('glue_tag_connection', $name, literal(json_text($tags)),
		@arguments);
}

sub untag_sql
{
	my ($name, $keys, @arguments) = @_;

	return call_sql('glue_untag_connection', $name,
		'ARRAY[' . join(', ', map { literal($_) } @$keys) . ']::text[]',
		@arguments);
}

sub get_tags_sql { return call_sql('glue_get_connection_tags', @_); }

# The row without the columns that every record of it changes.
sub lasting
{
	my $row = $cluster->row(@_);

	delete @$row{qw(tags request_id recorded_at)};
	return $row;
}

# The messages to AWS, without their common prefixes.
sub requests { return $_[0]->operations =~ s/GetCallerIdentity/STS/r; }

#
# A connection that was made here
#

$session->must(create_sql(everything('orders'), tags => { team => 'shop' }));
my $before = lasting('orders');
my $watch = $cluster->watch;
my $result =
  $session->query(tag_sql('orders', { stage => 'test', number => 1 }));
is($result->text, '', 'tags are added');
is($result->output, '', 'which returns nothing');
is(requests($watch), 'TagResource GetTags', 'and read afterwards');
is_deeply(
	json_value(($watch->requests('TagResource'))[0]{body}),
	{
		ResourceArn => "$arn/orders",
		TagsToAdd => { stage => 'test', number => '1' }
	},
	'the message');
my %tags = (team => 'shop', stage => 'test', number => '1');
is_deeply($glue->connection('orders')->{tags}, \%tags, 'AWS has them');
my $row = $cluster->row('orders');
is_deeply($row->{tags}, \%tags, 'and so has the row');
is( $row->{request_id},
	($watch->requests('TagResource'))[0]{request_id},
	'with the message that it records');
is_deeply(lasting('orders'), $before, 'and otherwise unchanged');
is_deeply(json_value($session->must(get_tags_sql('orders'))->output),
	\%tags, 'as can be read');

$watch = $cluster->watch;
$result = $session->query(
	untag_sql('orders', [ 'number', 'nothing', "caf\x{e9}" ]));
is($result->text, '', 'tags are removed');
is(requests($watch), 'UntagResource GetTags', 'the account is known now');
is_deeply(
	json_value(($watch->requests('UntagResource'))[0]{body}),
	{
		ResourceArn => "$arn/orders",
		TagsToRemove => [ 'number', 'nothing', "caf\x{e9}" ]
	},
	'the message');
delete $tags{number};
is_deeply($cluster->row('orders')->{tags}, \%tags, 'the row follows');
is_deeply(lasting('orders'), $before, 'and is otherwise unchanged');

$tags{"caf\x{e9}"} = "\x{1f600}";
$session->must(tag_sql('orders', { "caf\x{e9}" => "\x{1f600}" }));
is_deeply($glue->connection('orders')->{tags}, \%tags, 'any character');
is_deeply($cluster->row('orders')->{tags}, \%tags, 'of the row, too');
$session->must(untag_sql('orders', [ keys %tags ]));
is_deeply($cluster->row('orders')->{tags}, {}, 'no tags are none, not unknown');

#
# Connections that were not
#

$glue->put_connection(input => jdbc('foreign'), tags => { a => 'b' });
$session->must(tag_sql('foreign', { c => 'd' }));
is_deeply($glue->connection('foreign')->{tags},
	{ a => 'b', c => 'd' }, 'a connection that is not recorded');
is($cluster->row('foreign'), undef, 'is not for its tags');
is_deeply(json_value($session->must(get_tags_sql('foreign'))->output),
	{ a => 'b', c => 'd' }, 'but can be read');

foreach my $sql (tag_sql('none', { a => 'b' }), untag_sql('none', ['a']),
	get_tags_sql('none'))
{
	$result = $session->query($sql);
	is($result->sqlstate, '42704', 'a connection that does not exist');
	like($result->message,
		qr/^could not (?:tag|remove tags of|read tags of) AWS Glue connection "none": EntityNotFoundException$/,
		'by name');
}

$session->must(create_sql(jdbc('many'),
		tags => { map { ("k$_" => 'v') } 1 .. 50 }));
$row = $cluster->row('many');
$result = $session->query(tag_sql('many', { more => 'x' }));
is($result->sqlstate, '22023', 'more than 50 altogether');
is_deeply($cluster->row('many'), $row, 'change nothing');

#
# Concurrent changes of other clients
#

$session->must(create_sql(jdbc('shared')));
is($cluster->row('shared')->{tags}, undef, 'tags are unknown at first');
$glue->remove_connection('shared');
$glue->put_connection(input => jdbc('shared'), tags => { by => 'others' });
$session->must(tag_sql('shared', { by_us => 'x' }));
is_deeply($cluster->row('shared')->{tags},
	{ by => 'others', by_us => 'x' },
	'the record has the tags of AWS');

#
# Tags that cannot be read
#

my %denied = (
	kind => 'error', status => 400, code => 'AccessDeniedException',
	message => 'User is not authorized to perform: glue:GetTags.');
$glue->misbehave(operation => 'GetTags', %denied);
$result = $session->query(tag_sql('shared', { by_us => 'y', more => 'z' }));
is($result->sqlstate, '00000', 'tags that are set but not read');
my ($warning) = $result->messages('WARNING');
is($warning->{message},
	'tags of AWS Glue connection "shared" were changed, but could not be'
	  . ' read afterwards',
	'have a warning');
like($warning->{detail}, qr/not authorized to perform: glue:GetTags/,
	'which says why');
is_deeply($cluster->row('shared')->{tags},
	{ by => 'others', by_us => 'y', more => 'z' },
	'and the known tags are recorded, with the change');
$glue->misbehave(operation => 'GetTags', %denied);
$session->must(untag_sql('shared', [ 'by_us', 'nothing' ]));
is_deeply($cluster->row('shared')->{tags},
	{ by => 'others', more => 'z' }, 'the same when some are removed');

$session->must(create_sql(jdbc('unknown')));
$glue->misbehave(operation => 'GetTags', %denied);
$session->must(tag_sql('unknown', { a => 'b' }));
is($cluster->row('unknown')->{tags}, undef, 'unknown tags are not guessed');

$glue->misbehave(operation => 'GetTags', %denied);
$result = $session->query(get_tags_sql('shared'));
is($result->sqlstate, '42501', 'if only they are requested');
is( $result->message,
	'could not read tags of AWS Glue connection "shared":'
	  . ' AccessDeniedException',
	'it is an error');

foreach my $body ('{"Tags": ["a"]}', '{"Tags": {"a": 1}}', '{"Tags": null}')
{
	$glue->misbehave(operation => 'GetTags', kind => 'garbage', body => $body);
	is($session->query(get_tags_sql('shared'))->sqlstate,
		'08P01', "no answer: $body");
}
$glue->misbehave(operation => 'GetTags', kind => 'garbage', body => '{}');
is($session->query(get_tags_sql('shared'))->output, '{}', 'no tags');

$cluster->node->safe_psql('postgres',
	"CREATE DATABASE latin1 TEMPLATE template0 ENCODING 'LATIN1'"
	  . " LC_COLLATE 'C' LC_CTYPE 'C'");
my $latin1 = $cluster->session(database => 'latin1', encoding => 'UTF8');
$latin1->must('CREATE EXTENSION glue_conn');
$latin1->must(create_sql(jdbc('encoded'), tags => { "caf\x{e9}" => 'x' }));
is_deeply($glue->connection('encoded')->{tags},
	{ "caf\x{e9}" => 'x' }, 'characters of another encoding');
$session->must(tag_sql('encoded', { "\x{1f600}" => 'x' }));
$result = $latin1->query(tag_sql('encoded', { a => 'b' }));
is($result->sqlstate, '00000', 'a character that the database lacks');
($warning) = $result->messages('WARNING');
like($warning->{detail}, qr/character that the encoding/, 'is reported');
is_deeply(
	json_value($latin1->must('SELECT tags FROM glue_connection')->output),
	{ a => 'b', "caf\x{e9}" => 'x' },
	'and the change is recorded');
$latin1->quit;

#
# Messages that fail
#

$row = $cluster->row('orders');
$glue->misbehave(operation => 'TagResource', kind => 'error', status => 400,
	code => 'AccessDeniedException', message => 'No.');
$result = $session->query(tag_sql('orders', { a => 'b' }));
is($result->sqlstate, '42501', 'a change that is refused');
like($result->hint, qr/both the connection and the catalog/, 'and a hint');
is_deeply($cluster->row('orders'), $row, 'is not recorded');

$glue->misbehave(operation => 'TagResource', kind => 'lost-after');
$watch = $cluster->watch;
is($session->query(tag_sql('orders', { a => 'b' }))->text,
	'', 'a lost answer');
is(requests($watch), 'TagResource TagResource GetTags', 'is asked for again');

$glue->misbehave(operation => 'UntagResource', kind => 'lost-after',
	times => 0);
$result = $session->query(untag_sql('orders', ['a']));
$glue->behave;
is($result->sqlstate, '08007', 'without any answer, the outcome is unknown');
like($result->hint, qr/can be repeated/, 'but it can be repeated');
$session->must(untag_sql('orders', ['a']));
is_deeply($cluster->row('orders')->{tags}, {}, 'and is');

my $bad = 'Password-1';
$glue->misbehave(operation => 'TagResource', kind => 'echo');
$result = $session->query(tag_sql('orders', { password => $bad }));
unlike($result->text, qr/$bad/, 'a secret is not reported');

#
# Roles with write access
#

$session->must('BEGIN READ ONLY');
is_deeply(json_value($session->must(get_tags_sql('foreign'))->output),
	{ a => 'b', c => 'd' }, 'tags can be read in any transaction');
$session->must('ROLLBACK');

my $other = $cluster->session;
$session->must('BEGIN');
$session->must(tag_sql('orders', { first => '1' }));
$other->send(tag_sql('orders', { second => '2' }));
wait_until(sub {
	$cluster->query('SELECT count(*) FROM pg_stat_activity WHERE pid = '
		  . $other->pid . " AND wait_event_type = 'Lock'")->output eq '1';
}, 'the second session waits');
is_deeply($glue->connection('orders')->{tags},
	{ first => '1' }, 'one session at a time');
$session->must('COMMIT');
is($other->result->text, '', 'and then the other');
is_deeply($cluster->row('orders')->{tags},
	{ first => '1', second => '2' }, 'which knows of both');
$other->quit;

#
# The account
#

$glue->add_credentials(access_key => 'FIRST', secret_key => 'a',
	account => '111111111111');
$glue->add_credentials(access_key => 'SECOND', secret_key => 'b',
	account => '222222222222');
$session->must(server_sql('first', 'FIRST', 'a', user => 'PUBLIC') . <<'SQL');
CREATE SERVER china FOREIGN DATA WRAPPER glue_conn
	OPTIONS (region 'cn-north-1', catalog_id '123456789012');
SQL

# Tag a connection on a server, and check the messages and their destination.
sub tagged_on
{
	my ($case, $server, $name, $asked, $account) = @_;
	my $in = $cluster->watch;

	$result = $session->query(
		tag_sql($name, { server => $server }, "server => '$server'"));
	is($result->sqlstate, '00000', "$case: tagged") or diag($result->text);
	is(requests($in), $asked, "$case: messages");
	my ($request) = $in->requests('TagResource');
	is((split /:/, json_value($request->{body})->{ResourceArn})[4],
		$account, "$case: account");
	return $request;
}

$session->must(create_sql(jdbc('far'), server => 'first'));
tagged_on('another account', 'first', 'far', 'TagResource GetTags',
	'111111111111');
tagged_on('the same once more', 'first', 'far', 'TagResource GetTags',
	'111111111111');
is_deeply($cluster->row('far')->{tags}, { server => 'first' }, 'its own row');

$session->must("ALTER USER MAPPING FOR PUBLIC SERVER first"
	  . " OPTIONS (SET access_key_id 'SECOND', SET secret_access_key 'b')");
$session->must(create_sql(jdbc('far'), server => 'first'));
tagged_on('other credentials', 'first', 'far', 'TagResource GetTags',
	'222222222222');

$session->must(create_sql(jdbc('wall'), server => 'china'));
my $request = tagged_on('the catalog of the server', 'china', 'wall',
	'TagResource GetTags', '123456789012');
like($request->{body}, qr/arn:aws-cn:glue:cn-north-1:/,
	'the ARN is of the partition');

my $fresh = $cluster->session;
$watch = $cluster->watch;
$fresh->must(get_tags_sql('orders', "'123456789012'"));
is(requests($watch), 'GetTags', 'a catalog that is named');
is_deeply(
	json_value(($watch->requests)[0]{body}),
	{ ResourceArn => "$arn/orders" },
	'is in the ARN alone');

$glue->misbehave(operation => 'GetCallerIdentity', kind => 'error',
	status => 403, code => 'AccessDenied', message => 'No.');
$watch = $cluster->watch;
$result = $fresh->query(tag_sql('orders', { a => 'b' }));
is($result->sqlstate, '42501', 'without an account there is no call');
like($result->detail, qr/"catalog_id"/, 'but a remedy');
is(requests($watch), 'STS', 'nothing else was sent');
$fresh->must(get_tags_sql('orders'));
is(requests($watch), 'STS GetCallerIdentity GetTags',
	'a failure is not remembered');
$fresh->quit;

#
# A create whose connection exists
#

my %adopt = (on_conflict => 'adopt');
my %update = (on_conflict => 'update');

$glue->put_connection(input => jdbc('theirs'),
	tags => { team => 'a', stage => 'x', 'aws:stack' => 's' });
$result = $session->query(
	create_sql(jdbc('theirs'), tags => { team => 'b', size => '1' }, %adopt));
is($result->sqlstate, '42710', 'other tags are another definition');
is( $result->detail,
	join("\n",
		'$.Tags.size was given, but AWS Glue does not have it',
		'$.Tags.team was given as "b", but AWS Glue has "a"',
		'$.Tags.stage was not given, but AWS Glue has it'),
	'all differences are reported');
is($cluster->row('theirs'), undef, 'nothing is recorded');

$result = $session->query(create_sql(jdbc('theirs'),
	tags => { team => 'a', stage => 'x' }, %adopt));
is($result->output, 'READY', 'the same tags are adopted')
  or diag($result->text);
is_deeply($cluster->row('theirs')->{tags},
	{ team => 'a', stage => 'x', 'aws:stack' => 's' },
	'and those of AWS recorded with them');

$watch = $cluster->watch;
$session->must(create_sql(jdbc('theirs'), %adopt));
is(requests($watch), 'CreateConnection GetConnection',
	'tags that are not given are not looked at');
is($cluster->row('theirs')->{tags}{team}, 'a', 'nor forgotten');

$glue->misbehave(operation => 'GetTags', %denied);
$result = $session->query(
	create_sql(jdbc('theirs'), tags => { team => 'a' }, %adopt));
is($result->sqlstate, '42501', 'tags that cannot be compared are not equal');

$watch = $cluster->watch;
$result = $session->query(create_sql(jdbc('theirs', Description => 'new'),
	tags => { team => 'b' }, %update));
is($result->output, 'READY', 'an update sets tags') or diag($result->text);
is( requests($watch),
	'CreateConnection GetConnection TagResource UpdateConnection GetConnection'
	  . ' GetTags',
	'before it updates the definition');
is_deeply(
	$cluster->row('theirs')->{tags},
	{ team => 'b', stage => 'x', 'aws:stack' => 's' },
	'and leaves others as they are');
is($cluster->row('theirs')->{description}, 'new', 'the definition is recorded');

$row = $cluster->row('theirs');
$glue->misbehave(operation => 'TagResource', %denied);
$watch = $cluster->watch;
$result = $session->query(create_sql(jdbc('theirs', Description => 'newer'),
	tags => { team => 'c' }, %update));
is($result->sqlstate, '42501', 'if tags may not be set');
is($watch->sent('UpdateConnection'), 0, 'nothing is done at all');
is_deeply($cluster->row('theirs'), $row, 'nor recorded');

$glue->misbehave(operation => 'UpdateConnection', %denied);
$result = $session->query(create_sql(jdbc('theirs', Description => 'newer'),
	tags => { team => 'c' }, %update));
is($result->sqlstate, '42501', 'if the update fails');
like($result->detail, qr/The tags have been set already\.$/,
	'the completed part is reported');

$session->quit;
$cluster->finish;
done_testing();
