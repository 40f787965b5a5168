# test/bench/peers.sh
#
# The peers of test/bench/run that are not available everywhere.  A missing one is
# not measured, and missing has the reason.

# shellcheck shell=bash

missing=()

# The AWS SDK for JavaScript from npm, kept like the peers' Python environment:
# sets node_modules.
make_node()
{
	local cache=${GLUE_CONN_CACHE:-/var/tmp/glue_conn-$(id -u)}
	local description=$top/test/bench/package.json
	local place

	if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
		missing+=("the AWS SDK for JavaScript: there is no node, or no npm")
		return
	fi
	place=$cache/node-$(sha256sum "$description" | cut -c1-16)
	(
		flock 9
		[ ! -e "$place/complete" ] || exit 0
		say "Installing the AWS SDK for JavaScript"
		rm -rf "$place"
		mkdir -p "$place" && cp "$description" "$place" &&
			quietly npm install --prefix "$place" --ignore-scripts \
				--no-audit --no-fund &&
			touch "$place/complete"
	) 9>"$cache/lock"
	if [ -e "$place/complete" ]; then
		node_modules=$place/node_modules
	else
		missing+=("the AWS SDK for JavaScript: npm could not install it")
	fi
}

# pg_net, of which there is no package: PG_NET names the directory of its source.
# Sets pg_net, the build directory.
make_pg_net()
{
	if [ -z "${PG_NET:-}" ]; then
		missing+=("pg_net: PG_NET does not name a directory with its source")
		return
	fi
	if mkdir "$scratch/pg_net" &&
		cp -R "$PG_NET/." "$scratch/pg_net" &&
		chown -R "$worker" "$scratch/pg_net" &&
		quietly as_worker make -s -C "$scratch/pg_net"; then
		pg_net=$scratch/pg_net
	else
		missing+=("pg_net: the source in $PG_NET could not be built")
	fi
}

# pg_jsonschema, of which there is no package either: PG_JSONSCHEMA names the
# directory of its source.  Sets pg_jsonschema, the shared object.  It is in Rust,
# whose packages come from crates.io, and it is built without cargo-pgrx, which would
# install it.  That takes minutes, so the result is kept, in the directory itself.
make_pg_jsonschema()
{
	local version target=${PG_JSONSCHEMA:-}/target/release/libpg_jsonschema.so

	if [ -z "${PG_JSONSCHEMA:-}" ]; then
		missing+=("pg_jsonschema: PG_JSONSCHEMA does not name a directory with its source")
		return
	fi
	version=$("$PG_CONFIG" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
	say "Building pg_jsonschema"
	if (
		cd "$PG_JSONSCHEMA" &&
			PGRX_PG_CONFIG_PATH=$PG_CONFIG quietly cargo build --release \
				--lib --locked --no-default-features --features "pg$version"
	) && cp "$target" "$scratch/pg_jsonschema.so"; then
		pg_jsonschema=$scratch/pg_jsonschema.so
	else
		missing+=("pg_jsonschema: the source in $PG_JSONSCHEMA could not be built")
	fi
}

# Make the measured functions of pg_jsonschema in the server.
load_pg_jsonschema()
{
	[ -n "${pg_jsonschema:-}" ] || return 0
	quietly sql -v ON_ERROR_STOP=1 -v library="$pg_jsonschema" \
		-f test/bench/pg_jsonschema.sql
}

# Settings of a server that has pg_net.  Its worker serves a database without work,
# as the worker of the extension is not there either: the measurement is the cost of
# a request in the queue.
pg_net_settings()
{
	[ -n "${pg_net:-}" ] || return
	echo "-c dynamic_library_path=$pg_net:\\\$libdir" \
		"-c shared_preload_libraries=pg_net -c pg_net.database_name=template1"
}

# Make the objects of pg_net in the server, like those of the extension.
load_pg_net()
{
	[ -n "${pg_net:-}" ] || return 0
	sed "s|MODULE_PATHNAME|$pg_net/pg_net|" "$pg_net/sql/pg_net.sql" \
		>"$files/pg_net.sql" &&
		quietly sql -v ON_ERROR_STOP=1 -f "$files/pg_net.sql"
}
