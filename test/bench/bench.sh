# test/bench/bench.sh
#
# The common part of run and compare: the servers, the extension in them, and the
# steps of measuring.  A step prints lines "name TAB value", or leaves them in the
# table sample, which samples() prints.
#
# A script that sources this has sourced test/lib.sh before, and sets
#
#	copy		the checkout that is measured, built with its bench-programs
#	files		the directory for the files of the servers
#	request, schema, python
#				see run
#	rounds, few_rounds, catalog_rounds, calls, batches, seconds, counts, catalogs,
#	depths, short_runs, drained, widths, resolutions
#				the amount of measuring

# shellcheck shell=bash

tab=$'\t'

# Where there are two processors, each server has its own.
postgres_core=0
nginx_core=$(($(nproc) > 1))

# The latency of the slow server in milliseconds, and the number of answers that
# are awaited side by side.
latency=20 width=64
slow_server=

# Numbers from this one on are free: no connection had such a name before.
number=10000000

debian_ca_file=/etc/ssl/certs/ca-certificates.crt

# Keys of no account.
keys=(
	AWS_ACCESS_KEY_ID=AKIDEXAMPLE
	AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
)

say()
{
	echo "$*" >&2
}

# nginx and the certificates that Debian trusts.  Debian would start an nginx of its
# own, which nothing here needs.
install_nginx()
{
	[ -x /usr/sbin/nginx ] && [ -e "$debian_ca_file" ] && return
	say "Installing nginx-light and ca-certificates"
	# shellcheck disable=SC2016
	quietly as_root sh -c '
		policy=/usr/sbin/policy-rc.d
		if [ ! -e $policy ]; then
			trap "rm -f $policy" EXIT
			printf "#!/bin/sh\nexit 101\n" >$policy
			chmod +x $policy
		fi
		apt-get update -q
		DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
			--no-install-recommends --no-upgrade \
			nginx-light ca-certificates'
}

# A CA of our own, the server's certificate, and the CA among all of Debian's.
make_certificates()
{
	# shellcheck disable=SC2016
	quietly as_worker sh -e -c '
		cd "$1"
		openssl req -x509 -newkey rsa:2048 -nodes -days 30 \
			-subj "/CN=CA of one benchmark" -keyout ca.key -out ca.crt
		openssl req -newkey rsa:2048 -nodes -subj /CN=localhost \
			-keyout server.key -out server.csr
		echo subjectAltName=DNS:localhost >server.ext
		openssl x509 -req -days 30 -in server.csr -extfile server.ext \
			-CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt
		cat "$2" ca.crt >bundle.crt' sh "$files" "$debian_ca_file"
}

nginx_settings()
{
	cat <<END
worker_processes 1;
pid $files/nginx.pid;
events { }
http {
	access_log off;
	client_body_temp_path $files/body;
	proxy_temp_path $files/proxy;
	fastcgi_temp_path $files/fastcgi;
	uwsgi_temp_path $files/uwsgi;
	scgi_temp_path $files/scgi;
	ssl_certificate $files/server.crt;
	ssl_certificate_key $files/server.key;
	ssl_protocols TLSv1.2 TLSv1.3;
	keepalive_requests 1000000000;
	default_type application/x-amz-json-1.1;
	add_header x-amzn-RequestId \$request_id;
	server {
		listen 127.0.0.1:$port ssl;
		keepalive_timeout 1h;
		return 200 '{"CreateConnectionStatus":"READY"}';
	}
	server {
		listen 127.0.0.1:$closing_port ssl;
		keepalive_timeout 100ms;
		return 200 '{"CreateConnectionStatus":"READY"}';
	}
}
END
}

# nginx answers at once, and keeps connections at the first port; at the second
# one it closes them after a tenth of a second.
start_nginx()
{
	read -r port closing_port < <(python3_of_system -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[s.getsockname()[1] for s in sockets])')
	nginx_settings >"$files/nginx.conf"
	quietly as_worker taskset -c "$nginx_core" nginx -p "$files" \
		-c "$files/nginx.conf" -e "$files/nginx.log"
}

# A server whose answers take so many milliseconds.
start_slow_server()
{
	: >"$files/slow_server"
	as_worker taskset -c "$nginx_core" test/bench/slow_server \
		"$files/server.crt" "$files/server.key" "$1" \
		>"$files/slow_server" 2>"$files/slow_server.log" &
	for _ in {1..100}; do
		read -r slow_port slow_server <"$files/slow_server" && return
		sleep 0.1
	done
	return 1
}

# A server that only this script can reach: start_postgres [option ...].  An existing
# directory is kept.
start_postgres()
{
	[ -e "$files/data" ] || quietly as_worker initdb -D "$files/data" \
		-U postgres --auth=trust --no-sync || return
	quietly as_worker taskset -c "$postgres_core" env "${keys[@]}" \
		pg_ctl start -s -w -D "$files/data" -l "$files/postgres.log" \
		-o "-k $files -c listen_addresses= -c max_wal_size=4GB $*"
}

stop_postgres()
{
	quietly as_worker pg_ctl stop -s -w -m fast -D "$files/data"
}

# Settings of a server with background workers.
preload()
{
	echo "-c dynamic_library_path=$copy:\\\$libdir" \
		"-c shared_preload_libraries=glue_conn"
}

stop_everything()
{
	[ -z "$slow_server" ] || kill "$slow_server"
	[ ! -s "$files/nginx.pid" ] || kill "$(cat "$files/nginx.pid")"
	clean_up
}

# Settings of glue_conn for a session: settings [ca_file [port]]
settings()
{
	echo "-c glue_conn.region=us-east-1" \
		"-c glue_conn.endpoint_url=https://localhost:${2:-$port}" \
		"-c glue_conn.account_id=123456789012" \
		"-c glue_conn.ca_file=$files/${1:-ca.crt}"
}

sql()
{
	as_worker env PGOPTIONS="${session_settings:-$(settings)}" \
		psql -X -q -A -t -F "$tab" -h "$files" -U postgres "$@"
}

# Make the extension's objects in the new server.  The shared object is loaded from
# its build directory: nothing is installed, so no other "make install" interferes.
# So CREATE EXTENSION finds nothing, and its note is added here: functions of the
# extension on its tables are its own.  The arguments are those of psql.
load_extension()
{
	{
		sed -e '/^\\echo/d' -e '/pg_extension_config_dump/d' \
			-e "s|MODULE_PATHNAME|$copy/glue_conn|" -e 's/@extschema@/public/g' \
			"$copy"/sql/glue_conn--*.sql
		cat <<-'SQL'
			SET allow_system_table_mods = on;
			INSERT INTO pg_extension (oid, extname, extowner, extnamespace,
				extrelocatable, extversion)
			VALUES (pg_nextoid('pg_extension', 'oid', 'pg_extension_oid_index'),
				'glue_conn', 10, 'public'::regnamespace, false, '1.0');
			RESET allow_system_table_mods;
			ALTER EXTENSION glue_conn ADD FUNCTION glue_home();
		SQL
	} >"$files/extension.sql" &&
		sql -v ON_ERROR_STOP=1 -v request="$request" -v schema="$schema" \
			-v floor_library="$copy/test/bench/floor_in_backend" \
			-f "$files/extension.sql" -f test/bench/backend.sql "$@"
}

reference()
{
	as_worker python3 test/bench/reference.py "$@"
}

# A script of pgbench, in which every call has a number of its own.
pgbench_script()
{
	printf '\\set number :number + 1\nSELECT %s;\n' "${1/00000000/:number}"
}

# The scripts of the steps that measure with pgbench.
make_scripts()
{
	pgbench_script "floor_post('https://localhost:$port', '$files/ca.crt',
		'$request')" >"$files/floor.sql"
	pgbench_script "glue_create_connection('$(reference ConnectionInput)',
		'$(reference Tags)', '123456789012')" >"$files/create.sql"
	echo 'INSERT INTO one_row VALUES (1);' >"$files/insert.sql"
}

measure_parts()
{
	say "Measuring the pure parts"
	as_worker taskset -c "$postgres_core" test/bench/parts "$rounds" "$calls" \
		"$files/request.json"
}

measure_functions()
{
	say "Measuring functions in a backend"
	sql -c "CALL measure_functions($rounds, $((calls / 100)))"
}

measure_creates()
{
	say "Measuring whole calls"
	sql -c "CALL measure_creates($batches)"
}

measure_rows()
{
	say "Measuring rows with a trigger"
	sql -c "CALL measure_rows($rounds, $calls)"
}

measure_catalog()
{
	say "Measuring a whole catalog"
	# shellcheck disable=SC2086
	as_worker env PGHOST="$files" PGUSER=postgres "$python" \
		test/bench/catalog.py "$catalog_rounds" $catalogs
}

measure_memory()
{
	say "Measuring memory over ${counts##*,} calls"
	sql -c "CALL measure_memory('{$counts}')"
}

# One call per transaction; the arguments come as text.
measure_statements()
{
	local round kind

	for ((round = 0; round < rounds; round++)); do
		for kind in floor create; do
			number=$((number + 1000000))
			as_worker env PGOPTIONS="$(settings)" taskset -c "$nginx_core" \
				pgbench -n -h "$files" -U postgres -T "$seconds" \
				-D number=$number -f "$files/$kind.sql" postgres |
				awk -v kind="$kind pgbench" \
					'/^latency average/ { print kind "\t" $4 * 1000 }' ||
				return
		done
	done
}

# The first calls of new backends.
measure_first_calls()
{
	local round kind ca session_settings

	say "Measuring first calls"
	for ((round = 0; round < rounds; round++)); do
		for kind in floor create; do
			for ca in ca bundle; do
				session_settings=$(settings $ca.crt "$closing_port")
				sql -c "CALL measure_first_calls('$kind', '$ca')" || return
			done
		done
	done
}

# Settings of a session with as many calls side by side, whose answers have the
# latency.
slow_settings()
{
	echo "$(settings ca.crt "$slow_port")" \
		"-c glue_conn.max_concurrent_requests=$width"
}

# Make such settings those of the database: no session that works the queue has
# settings of its own.
set_for_all()
{
	sql -c "$(sed "s/-c \([^ =]*\)=\([^ ]*\)/ALTER DATABASE postgres SET \1 = '\2';/g" \
		<<<"$*")"
}

# The extension and the peers, with the same server.
measure_side_by_side()
{
	local depth one calls_of_width session_settings

	session_settings=$(slow_settings)
	say "Measuring calls side by side"
	sql -c "CALL measure_bulk($rounds, $latency, $width)" || return
	say "Measuring the queue"
	set_for_all "$(slow_settings)" || return
	session_settings=" "
	for depth in $depths; do
		sql -c "CALL measure_queue($depth, $short_runs, $width, $drained)" ||
			return
	done
	say "Measuring the peers' calls side by side"
	measure_peers bulk "$few_rounds" "$drained" "$width" \
		"https://localhost:$slow_port" || return
	for one in $widths; do
		say "Measuring $one calls side by side"
		calls_of_width=$((50 + 20 * one))
		sql -c "CALL measure_width($few_rounds, $one, $calls_of_width)" &&
			measure_peers "width $one" "$few_rounds" "$calls_of_width" \
				"$one" "https://localhost:$slow_port" || return
	done
	say "Measuring against a server that answers at once"
	set_for_all "$(settings)" || return
	sql -c "CALL measure_at_once($rounds, $((drained / 5)))" &&
		measure_peers at_once "$few_rounds" "$((drained / 5))" "$width" \
			"https://localhost:$port" &&
		sql -c "ALTER DATABASE postgres RESET ALL"
}

# Start the server anew, with intents in one database and not in the other.
start_with_intents()
{
	# shellcheck disable=SC2046
	stop_postgres && start_postgres $(preload) -c autovacuum=off \
		-c glue_conn.databases=postgres || return
	sql -c "CREATE DATABASE unserved" && load_extension -d unserved &&
		sql -c "CREATE TABLE one_row (i integer)"
}

# The cost of an intent: the same call in two databases of a server with the library
# preloaded, one of which is not served, and an insert of one row, all of them with a
# commit that is on disk.  Every figure is the median of one run, which the first
# call does not shift.  Then the time to resolve a call that was rolled back.
# start_with_intents must have prepared the server.
measure_intents()
{
	local round kind database

	say "Measuring calls with an intent"
	for ((round = 0; round < rounds; round++)); do
		for kind in insert create unserved; do
			database=postgres
			[ $kind != unserved ] || database=unserved
			number=$((number + 1000000))
			as_worker env PGOPTIONS="$(settings)" taskset -c "$nginx_core" \
				pgbench -n -h "$files" -U postgres -T "$seconds" -l \
				--log-prefix="$files/latency" -D number=$number \
				-f "$files/${kind/unserved/create}.sql" $database \
				>/dev/null || return
			cut -d' ' -f3 "$files"/latency.* | sort -n |
				awk -v kind="intent $kind" '{ us[NR] = $1 }
					END { print kind "\t" us[int((NR + 1) / 2)] }'
			rm -f "$files"/latency.*
		done
	done
	say "Measuring the time to resolve a call that was rolled back"
	as_worker env PGHOST="$files" PGUSER=postgres "$python" \
		test/bench/resolution.py "$resolutions"
}

# The new samples of the procedures.
samples()
{
	sql -c "TABLE sample" -c "TRUNCATE sample"
}
