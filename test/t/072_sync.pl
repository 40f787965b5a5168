# Copyright (c) 2026, glue_conn contributors
#
# The table and the whole catalog: listing, drift and synchronization.
#
# After a sync the table matches the local Glue, and a second one finds no
# differences.  Values that Glue drops, reorders, encrypts or hides are no
# drift.

use strict;
use warnings;

use GlueConn::Cluster;
use GlueConn::Inputs;
use Test::More;

my $cluster = GlueConn::Cluster->start;
my $glue = $cluster->glue;
my $session = $cluster->session;

sub synced
{
	my ($arguments) = @_;

	return join ' ',
	  sort split /\n/,
	  $session->must("SELECT name || ' ' || change FROM glue_sync_connections("
		  . ($arguments // '') . ')')->output;
}

sub drift
{
	my ($arguments) = @_;

	return $session->must("SELECT name, change, path, message"
		  . ' FROM glue_connection_drift(' . ($arguments // '')
		  . ') ORDER BY name, path')->output;
}

# A query that lists connections, and the names that it returns.
sub listed
{
	my ($arguments) = @_;

	return $session->must("SELECT string_agg(c->>'Name', ' ' ORDER BY c->>'Name')"
		  . ' FROM glue_get_connections(' . ($arguments // '') . ') AS c')->output;
}

#
# Listing
#

is(listed(), '', 'an empty catalog');
is(drift(), '', 'has no drift');
is(synced(), '', 'and nothing to be recorded');

$glue->put_connection(input => jdbc($_)) foreach qw(a b c);
$glue->put_connection(input => {
	Name => 'net', ConnectionType => 'NETWORK', ConnectionProperties => {},
	MatchCriteria => [ 'x', 'y' ],
	PhysicalConnectionRequirements => { SubnetId => 'subnet-1' } });
$glue->put_connection(input => everything('all'));
is(listed(), 'a all b c net', 'all connections');
is(listed(q{'{"ConnectionType": "NETWORK"}'}), 'net', 'those of a type');
is(listed(q{'{"MatchCriteria": ["x"]}'}), 'net', 'those with a criterion');
is(listed(q{'{"ConnectionSchemaVersion": 2}'}), 'all', 'those of a version');
unlike($session->must('SELECT c FROM glue_get_connections() AS c')->output,
	qr/Secret-/, 'no secret is shown');
$glue->set(hide_password => 'none');
unlike($session->must('SELECT c FROM glue_get_connections() AS c')->output,
	qr/Secret-/, 'even if Glue does not hide them');
$glue->set(hide_password => 'all');

foreach my $wrong (
	[ q{'{"Type": "JDBC"}'}, qr/\$\.Filter\.Type is not a member/ ],
	[ q{'{"ConnectionSchemaVersion": "x"}'}, qr/must be an integer/ ],
	[ q{'[]'}, qr/\$\.Filter must be an object/ ],
	[ q{NULL, ''}, qr/\$\.CatalogId/ ])
{
	my ($arguments, $detail) = @$wrong;
	my $watch = $cluster->watch;
	my $result = $session->query("SELECT glue_get_connections($arguments)");

	is($result->sqlstate, '22023', "filter $arguments");
	like($result->detail, $detail, 'names the fault');
	is($watch->sent, 0, 'nothing was sent');
}

#
# Pages
#

$glue->reset;
$glue->put_connections(map { jdbc(sprintf 'c%04d', $_) } 1 .. 2500);
my $watch = $cluster->watch;
is($session->must('SELECT count(*) FROM glue_get_connections()')->output,
	'2500', 'many connections');
is($watch->sent('GetConnections'), 3, 'in pages of a thousand');
$watch = $cluster->watch;
is($session->must("SELECT glue_get_connections()->>'Name' LIMIT 1")->output,
	'c0001', 'the first of many');
is($watch->sent('GetConnections'), 1, 'takes one page');
$watch = $cluster->watch;
$session->must('BEGIN; DECLARE c CURSOR FOR SELECT glue_get_connections();'
	  . ' MOVE 1000 IN c');
is($watch->sent('GetConnections'), 1, 'a cursor takes one page');
$session->must('MOVE 1 IN c');
is($watch->sent('GetConnections'), 2, 'and the next when it is needed');
$session->must('COMMIT');

# An answer that is too large is asked for in smaller pieces.
$glue->reset;
$glue->put_connections(map { jdbc("large$_", ConnectionProperties => {
	JDBC_CONNECTION_URL => 'jdbc:mysql://h/d', SECRET_ID => 's',
	map { ("key$_" => 'x' x 1000) } 1 .. 90 }) } 101 .. 200);
$watch = $cluster->watch;
is($session->must('SELECT count(*) FROM glue_get_connections()')->output,
	'100', 'large connections');
is($watch->sent('GetConnections'), 9, 'in smaller pages');

# A hundred thousand in one answer are no matter, as long as it is accepted.
$glue->misbehave(operation => 'GetConnections', kind => 'garbage', body =>
	  json_text({ ConnectionList => [ map { { Name => "n$_" } } 1 .. 100_000 ] }));
is($session->must("SELECT count(DISTINCT c->>'Name') FROM glue_get_connections() AS c")
	  ->output, '100000', 'a long answer');

# One that is too large with one connection is an error.
$glue->misbehave(operation => 'GetConnections', kind => 'huge', mebibytes => 5,
	times => 0);
my $result = $session->query('SELECT count(*) FROM glue_get_connections()');
is($result->sqlstate, '08006', 'an answer that stays too large');
like($result->detail, qr/larger than 4 MB/, 'says so');
$glue->behave;

# Pages that never end.
foreach my $tokens ([qw(t)], [qw(t u v)])
{
	my $n = 0;

	$glue->misbehave(operation => 'GetConnections', kind => 'garbage',
		body => json_text({ ConnectionList => [ { Name => "n" } ],
			NextToken => $tokens->[ $_ % @$tokens ] }))
	  foreach 0 .. 20;
	$watch = $cluster->watch;
	$result = $session->query('SELECT count(*) FROM glue_get_connections()');
	is($result->sqlstate, '08P01', 'a repeated page token');
	like($result->detail, qr/page token is repeated/, 'says so');
	cmp_ok($watch->sent('GetConnections'), '<=', 3 * @$tokens + 1,
		'soon enough');
	$glue->behave;
}

# Answers that are no list.
foreach my $body ('{}', '{"ConnectionList": {}}', '{"ConnectionList": [{}]}',
	'{"ConnectionList": [null]}', '{"ConnectionList": ["x"]}')
{
	$glue->misbehave(operation => 'GetConnections', kind => 'garbage',
		body => $body);
	is($session->query('SELECT * FROM glue_sync_connections()')->sqlstate,
		'08P01', "an answer of $body");
}

#
# A sync
#

$glue->reset;
$session->must('DELETE FROM glue_connection');
$session->must(create_sql(jdbc('made'), tags => { team => 'a' }));
$session->must(create_sql(everything('all')));
is(drift(), '', 'created connections have not drifted');
is(synced(), '', 'and a sync reports nothing');
my $row = $cluster->row('made');
ok(defined $row->{creation_time} && defined $row->{last_updated_time},
	'but records the times');
is_deeply($row->{tags}, { team => 'a' }, 'and keeps the tags');
ok(defined $row->{secret_digest}, 'and the digest of the secrets');
is($row->{connection_properties}{PASSWORD}, '********', 'and that there is one');
is_deeply($cluster->row('all')->{validate_credentials}, JSON::PP::false,
	'and members of inputs alone');

# Somebody makes it anew, and the same.
$glue->put_connection(input => jdbc('made'), created => time - 1);
is(synced(), 'made changed', 'one that was made anew has changed');
$row = $cluster->row('made');
is($row->{tags}, undef, 'its tags are not known');
is($row->{secret_digest}, undef, 'nor are its secrets');

$glue->put_connection(input => everything('foreign'));
$glue->remove_connection('made');
like(drift(), qr/^foreign\|added\|\$\|[^\n]+\nmade\|removed\|\$\|[^\n]+$/,
	'drift: one more and one less');
is($cluster->row('foreign'), undef, 'nothing is recorded');
isnt($cluster->row('made'), undef, 'and nothing forgotten');
is(synced(), 'foreign added made removed', 'sync: one more and one less');
is($cluster->row('made'), undef, 'it is forgotten');
$row = $cluster->row('foreign');
is($row->{connection_type}, 'JDBC', 'the other one is recorded');
is($row->{status}, 'READY', 'with its status');
is($row->{secret_digest}, undef, 'its secrets are unknown');
unlike(json_text($row), qr/Secret-/, 'and none is there');
is(synced(), '', 'a second sync finds nothing');
is(drift(), '', 'and there is no drift');

# Somebody else changes members.
my $before = $cluster->row('foreign')->{recorded_at};
my $changed = everything('foreign');
$changed->{Description} = 'other';
$changed->{MatchCriteria} = [ reverse @{ $changed->{MatchCriteria} } ];
$changed->{ConnectionProperties}{NEW} = 'x';
$glue->remove_connection('foreign');
$glue->put_connection(input => $changed);
like(drift(),
	qr/^foreign\|changed\|\$\.ConnectionProperties\.NEW\|.*"x"
		\nforeign\|changed\|\$\.Description\|.*"other"$/x,
	'drift, member by member');
is(synced(), 'foreign changed', 'a sync says so in one row');
$row = $cluster->row('foreign');
is($row->{description}, 'other', 'and records it');
is($row->{connection_properties}{NEW}, 'x', 'all of it');
isnt($row->{recorded_at}, $before, 'as of now');
is(drift(), '', 'then there is no drift');

# Only the password: it cannot be seen, but the time can.
$session->must(create_sql(jdbc('made')));
is(synced(), '', 'the times are learnt');
my %other = %{ jdbc('made') };
$other{ConnectionProperties} =
  { %{ $other{ConnectionProperties} }, PASSWORD => 'Secret-Other' };
my $elsewhere = $cluster->session;
$elsewhere->must('BEGIN; SELECT glue_update_connection(\'made\', '
	  . literal(json_text(\%other)) . '); ROLLBACK');
like(drift(), qr/^made\|changed\|\$\.LastUpdatedTime\|.*secret/,
	'another password shows in the time');
is(synced(), 'made changed', 'which a sync reports');
is($cluster->row('made')->{secret_digest}, undef,
	'the digest is not that of its secrets any more');
is(synced(), '', 'once');

#
# Connections that were never read
#

my $unknown = qr/\$\.LastUpdatedTime\|.*so its secrets are unknown/;

# Give a connection of ours another password, as somebody else would, at once.
sub change_password
{
	my ($name) = @_;
	my $created = $glue->connection($name)->{created};
	my $input = jdbc($name);

	$input->{ConnectionProperties}{PASSWORD} = 'Secret-Other';
	$glue->put_connection(input => $input, tags => { team => 'a' },
		created => $created, updated => $created + 0.01);
	return $input;
}

# Delete it and make it anew, without tags.
sub make_anew
{
	my ($name) = @_;

	$glue->put_connection(input => jdbc($name),
		created => $glue->connection($name)->{created} + 60);
	return;
}

sub make
{
	my ($name) = @_;

	$session->must(create_sql(jdbc($name), tags => { team => 'a' }));
	return;
}

# The tags of a row, and whether its secrets are known.
sub knows
{
	my ($name) = @_;

	return $session->must('SELECT tags, secret_digest IS NOT NULL FROM'
		  . ' glue_connection WHERE name = ' . literal($name))->output;
}

make('unread');
$watch = $cluster->watch;
is(drift(), '', 'an untouched connection is known');
is($watch->sent, 1, 'by no more than the list');
my $other_password = change_password('unread');
like(drift(), qr/^unread\|changed\|$unknown$/,
	'another password, of one never read: drift says unknown');
is(synced(), 'unread changed', 'a sync says so');
is(knows('unread'), '{"team": "a"}|f', 'and records it');
is(synced() . drift(), '', 'once');
foreach my $input (jdbc('unread'), $other_password)
{
	is($session->must(create_sql($input, on_conflict => 'adopt'))->output,
		'READY', 'then the password is unknown');
	is(knows('unread'), '{"team": "a"}|f', 'and no digest is recorded');
}

make('tagged since');
change_password('tagged since');
$session->must(q{SELECT glue_tag_connection('tagged since', '{"stage": "b"}')});
like(drift(), qr/^tagged since\|changed\|$unknown$/,
	'a change of tags reads no secrets');
is(synced(), 'tagged since changed', 'and so a sync says');

make('anew');
make_anew('anew');
like(drift(), qr/^anew\|changed\|\$\.CreationTime\|.*created again/,
	'one that was made anew, and never read, is another one');
is(synced(), 'anew changed', 'for a sync, too');
is(knows('anew'), '|f', 'with unknown tags');

my %then = (
	'glue_update_connection' =>
	  sub { $session->must(update_sql(jdbc($_[0]))); },
	'adopt' => sub {
		$session->must(create_sql(jdbc($_[0]), on_conflict => 'adopt')); },
	'glue_wait_connection' =>
	  sub { $session->must("SELECT glue_wait_connection('$_[0]')"); });
foreach my $name (sort keys %then)
{
	make($name);
	make_anew($name);
	$then{$name}->($name);
	like(knows($name), qr/^\|/, "$name: the tags are not those of the other one");
}

# A wrong clock on either side does not matter, but AWS must return its time.
foreach my $offset (-200, 200)
{
	$glue->set(clock_offset_s => $offset);
	make("offset $offset");
	$glue->set(clock_offset_s => 0);
}
is(drift(), '', 'clocks that are off');
$glue->misbehave(operation => 'CreateConnection', kind => 'headers',
	headers => { Date => undef });
make('timeless');
like(drift(), qr/^timeless\|changed\|\$\.CreationTime\|.*is unknown$/,
	'an answer without the time: drift says unknown');
is(synced(), 'timeless changed', 'a sync says so');
is(knows('timeless'), '|f', 'and nothing is known');
is(synced() . drift(), '', 'once');
$session->must("SELECT glue_delete_connection('$_')")
  foreach 'unread', 'tagged since', 'anew', 'timeless', 'offset -200',
	'offset 200', sort keys %then;

# Values that Glue drops, reorders, encrypts or hides.
$session->must(create_sql(jdbc('odd', Description => '',
	PhysicalConnectionRequirements => {
		SubnetId => 'subnet-1', AvailabilityZone => 'a',
		SecurityGroupIdList => [ 'sg-1', 'sg-2' ] },
	MatchCriteria => [])));
$glue->misbehave(operation => 'GetConnections', kind => 'altered', times => 0);
$glue->behave;
foreach my $encrypt (0, 1)
{
	foreach my $hidden (qw(all plain none))
	{
		$glue->set(hide_password => $hidden,
			encrypt_passwords => $encrypt ? JSON::PP::true : JSON::PP::false);
		is(drift(), '', "no drift: hidden is $hidden, encrypted $encrypt");
		is(synced(), '', 'and nothing to be recorded');
	}
}
$glue->set(encrypt_passwords => JSON::PP::false, hide_password => 'all');

# The status.
$session->must(create_sql(jdbc('slow',
	Description => 'local_glue: in-progress failed-after-reads=0 reason=No.')));
like(drift(), qr/^slow\|changed\|\$\.Status\|.*"IN_PROGRESS".*"FAILED".*$/,
	'a status that changed');
is(synced(), 'slow changed', 'is reported');
is($cluster->row('slow')->{status_reason}, 'No.', 'and recorded');

# Members that nobody knows yet.
$glue->misbehave(operation => 'GetConnections', kind => 'garbage', body =>
	  json_text({ ConnectionList => [ {
		  Name => 'future', ConnectionType => 'TELEPATHY', Status => 'DREAMING',
		  Aura => { Colour => 'blue', Password => 'Secret-Aura' },
		  ConnectionProperties => 'none', MatchCriteria => {},
		  CreationTime => 'yesterday', ConnectionSchemaVersion => 'three' } ] }));
is($session->must("SELECT c->'Aura'->>'Colour', c->'Aura'->>'Password',"
	  . " c->>'ConnectionProperties' FROM glue_get_connections() AS c")->output,
	'blue|********|none', 'are returned, and keep no secrets');
my @names = split /\n/, $session->must('SELECT name FROM glue_connection')->output;
$glue->misbehave(operation => 'GetConnections', kind => 'garbage', body =>
	  json_text({ ConnectionList => [ {
		  Name => 'future', ConnectionType => 'TELEPATHY', Status => 'DREAMING',
		  Aura => { Colour => 'blue' }, ConnectionProperties => 'none',
		  MatchCriteria => {}, CreationTime => 'yesterday',
		  ConnectionSchemaVersion => 'three' } ] }));
is(synced(), 'future added', 'and do not break the table');
is($cluster->row('future')->{status}, 'DREAMING', 'which has the values that fit');
is($cluster->row('future')->{connection_properties}, 'none', 'in any form');
is(scalar(split /\n/, $session->must('SELECT name FROM glue_connection')->output),
	@names + 1, 'those that were on no page are there, so they are kept');
is(synced(), 'future removed', 'until they are gone');

#
# While others work
#

$glue->reset;
$session->must('DELETE FROM glue_connection');
$glue->put_connections(map { jdbc(sprintf 'c%04d', $_) } 1 .. 1500);
is($session->must('SELECT count(*) FROM glue_sync_connections()')->output,
	'1500', 'many connections are recorded');
is(drift(), '', 'without drift');

# One is changed, one created and one deleted after the first page was read.
$glue->misbehave(operation => 'GetConnections', kind => 'slow', skip => 1,
	delay_ms => 60000, times => 1);
$watch = $cluster->watch;
$elsewhere->send('SELECT name, change FROM glue_sync_connections()');
wait_until(sub { $watch->sent('GetConnections') == 2 },
	'the second page is asked for');
$session->must('SELECT glue_update_connection(\'c0001\', '
	  . literal(json_text(jdbc('c0001', Description => 'later'))) . ')');
$session->must(create_sql(jdbc('b0000')));
$session->must("SELECT glue_delete_connection('c0002')");
$session->must('SELECT pg_cancel_backend(' . $elsewhere->pid . ')');
is($elsewhere->result->sqlstate, '57014', 'a sync can be cancelled');

$glue->misbehave(operation => 'GetConnections', kind => 'slow', skip => 1,
	delay_ms => 3000);
$watch = $cluster->watch;
$elsewhere->send('SELECT name, change FROM glue_sync_connections() ORDER BY name');
wait_until(sub { $watch->sent('GetConnections') == 2 },
	'the second page is asked for');
$session->must('SELECT glue_update_connection(\'c0001\', '
	  . literal(json_text(jdbc('c0001', Description => 'latest'))) . ')');
$session->must(create_sql(jdbc('b0001')));
$session->must("SELECT glue_delete_connection('c0003')");
$elsewhere->result;
is($cluster->row('c0001')->{description}, 'latest',
	'a sync does not undo records made meanwhile');
isnt($cluster->row('b0001'), undef, 'nor forgets created connections');
is($cluster->row('c0003'), undef, 'nor recalls deleted ones');
is(synced(), '', 'the table is right');

# A drift does not wait for a sync that is not committed, nor see it.
$glue->put_connection(input => jdbc('d0001'));
$session->must('BEGIN');
is(synced(), 'd0001 added', 'a sync that continues');
like($elsewhere->must('SELECT name, change FROM glue_connection_drift()')->output,
	qr/^d0001\|added$/, 'another session compares meanwhile');
$session->must('COMMIT');
is($elsewhere->must('SELECT count(*) FROM glue_connection_drift()')->output, '0',
	'and once more');

#
# Targets
#

$session->must("SELECT count(*) FROM glue_sync_connections('123456789012')");
is($session->must("SELECT count(*) FROM glue_connection WHERE catalog_id = '123456789012'"
	  . " AND arn = 'arn:aws:glue:us-east-1:123456789012:connection/' || name")
	  ->output, '1501', 'a catalog that is named, and is that of the account');
is($session->must('SELECT count(*) FROM glue_connection')->output, '1501',
	'has no rows of its own');
$session->must('BEGIN READ ONLY');
is(drift(), '', 'drift in a read-only transaction');
$session->must('COMMIT');

$elsewhere->quit;
$session->quit;
$cluster->finish;
done_testing();
