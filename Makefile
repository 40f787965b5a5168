# Makefile of glue_conn
#
# OBJS is listed bottom layer first, folder by folder.  A file may include only
# headers of its own and of files listed before it: "make check-layers" enforces
# that, and the code that belongs to one folder, so this list is also the
# architecture.
#
# Two targets do everything on a fresh machine, and need nothing installed:
#
#	make demo	build, start a private PostgreSQL and the local Glue, and
#				create a connection; "make try" gives you the prompt
#	make test	run every test
#
# The usual ones (all, install, installcheck, clean) are PGXS's, and need the
# packages that test/install_packages names.

EXTENSION = glue_conn
MODULE_big = glue_conn
PGFILEDESC = "glue_conn - control plane for AWS Glue connections"
DATA = sql/glue_conn--1.0.sql

# The folders of src, bottom first, and in each its files.  The first four are
# pure: they include no PostgreSQL header, and are linked into the unit tests and
# fuzzers as they are.

# text and trees of text
TEXT_OBJS = \
	src/text/ascii.o \
	src/text/utf8.o \
	src/text/buffer.o \
	src/text/json.o \
	src/text/json_reader.o \
	src/text/clean.o \
	src/text/xml.o

# the rules of every AWS client
AWS_OBJS = \
	src/aws/algorithms.o \
	src/aws/sigv4_message.o \
	src/aws/sigv4.o \
	src/aws/endpoint_url.o \
	src/aws/endpoint.o \
	src/aws/credential_text.o \
	src/aws/retry.o \
	src/aws/rate_limit.o \
	src/aws/invocation_id.o \
	src/aws/query_form.o \
	src/aws/date.o \
	src/aws/reply.o \
	src/aws/clock_skew.o \
	src/aws/remote_clock.o \
	src/aws/profile_set.o \
	src/aws/profile_grammar.o \
	src/aws/configuration.o \
	src/aws/credential_sources.o \
	src/aws/profile_chain.o \
	src/aws/credential_plan.o \
	src/aws/credential_reply.o \
	src/aws/endpoint_config.o

# finding and sealing secrets
SECRET_OBJS = \
	src/secret/needles.o \
	src/secret/secret_name.o \
	src/secret/secret_value.o \
	src/secret/secret_form.o \
	src/secret/secret_search.o \
	src/secret/secret_login.o \
	src/secret/secret_markup.o \
	src/secret/secret_text.o \
	src/secret/seal_keys.o \
	src/secret/seal.o

# AWS Glue's connections
GLUE_OBJS = \
	src/glue/model_data.o \
	src/glue/model.o \
	src/glue/redact_string.o \
	src/glue/redact_key.o \
	src/glue/redact.o \
	src/glue/digest.o \
	src/glue/database_address.o \
	src/glue/jdbc_url.o \
	src/glue/source_url.o \
	src/glue/violation.o \
	src/glue/rules.o \
	src/glue/type_rules.o \
	src/glue/login_rules.o \
	src/glue/place_rules.o \
	src/glue/validate_rules.o \
	src/glue/validate_text.o \
	src/glue/validate_value.o \
	src/glue/validate.o \
	src/glue/same_value.o \
	src/glue/difference.o \
	src/glue/compare.o \
	src/glue/normalize.o \
	src/glue/lost_credentials.o \
	src/glue/observation.o \
	src/glue/ownership.o \
	src/glue/answer.o

# PostgreSQL made handy
SERVER_OBJS = \
	src/server/crash_point.o \
	src/server/settings.o \
	src/server/session_settings.o \
	src/server/shared_state.o \
	src/server/progress.o \
	src/server/service.o \
	src/server/news.o \
	src/server/xact_status.o \
	src/server/secret_memory.o \
	src/server/home.o \
	src/server/foreign_code.o \
	src/server/subtransaction.o \
	src/server/impersonation.o \
	src/server/encoding.o \
	src/server/activity.o \
	src/server/jsonb_tree.o \
	src/server/redacted.o \
	src/server/owner_spi.o \
	src/server/read_file.o

# transfers that can be waited for and left
HTTP_OBJS = \
	src/http/clock.o \
	src/http/poll_set.o \
	src/http/http_handle.o \
	src/http/http_callbacks.o \
	src/http/http_pool.o \
	src/http/http.o

# one call of AWS as a value
CLIENT_OBJS = \
	src/client/failure.o \
	src/client/shared_files.o \
	src/client/server_options.o \
	src/client/foreign_server.o \
	src/client/foreign_database.o \
	src/client/target.o \
	src/client/credential_cache.o \
	src/client/credential_chain.o \
	src/client/metadata.o \
	src/client/call.o \
	src/client/call_failure.o \
	src/client/signed_message.o \
	src/client/aws_clock.o \
	src/client/attempt.o \
	src/client/sts.o \
	src/client/credential_fetch.o \
	src/client/read_back.o \
	src/client/shared_quota.o \
	src/client/rate_slot.o \
	src/client/turn.o \
	src/client/stat_calls.o \
	src/client/call_state.o \
	src/client/client.o \
	src/client/pages.o \
	src/client/access.o \
	src/client/account.o \
	src/client/open_lists.o

# the extension's tables, and SQL
STORE_OBJS = \
	src/store/open_table.o \
	src/store/known_table.o \
	src/store/own_row.o \
	src/store/own_table.o \
	src/store/connection_lock.o \
	src/store/names.o \
	src/store/connection_row.o \
	src/store/provision.o \
	src/store/provision_owner.o \
	src/store/row_reader.o \
	src/store/connections.o \
	src/store/digest_key.o \
	src/store/sealed_input.o \
	src/store/request_secret.o \
	src/store/request_row.o \
	src/store/requests.o \
	src/store/request_activity.o \
	src/store/intent_row.o \
	src/store/job_queue.o \
	src/store/job_ending.o \
	src/store/job_claim.o \
	src/store/request_home.o \
	src/store/evidence.o \
	src/store/notice.o \
	src/store/intent_ending.o \
	src/store/drop_warning.o

# calls that act at once, in a transaction
JOURNAL_OBJS = \
	src/journal/boxes.o \
	src/journal/mailbox.o \
	src/journal/outcomes.o \
	src/journal/intent.o \
	src/journal/resolve.o \
	src/journal/calls.o

# requests and calls, as one state machine
OPERATION_OBJS = \
	src/operation/record.o \
	src/operation/tags.o \
	src/operation/operation.o \
	src/operation/existing.o \
	src/operation/late.o \
	src/operation/own.o \
	src/operation/sender_gone.o \
	src/operation/undo.o \
	src/operation/immediate.o

# requests after commit
QUEUE_OBJS = \
	src/queue/enqueue.o \
	src/queue/transaction.o \
	src/queue/target.o \
	src/queue/targets.o \
	src/queue/prepare.o \
	src/queue/outcome.o \
	src/queue/steps.o \
	src/queue/answer.o \
	src/queue/log.o \
	src/queue/record.o \
	src/queue/claim.o \
	src/queue/stages.o \
	src/queue/batch.o \
	src/queue/run.o

# the processes
WORKERS_OBJS = \
	src/workers/settings.o \
	src/workers/loop.o \
	src/workers/database_worker.o \
	src/workers/queue_worker.o \
	src/workers/journal_worker.o \
	src/workers/launcher.o \
	src/workers/procedure.o

# the SQL interface
FUNCTIONS_OBJS = \
	src/functions/arguments.o \
	src/functions/violation_list.o \
	src/functions/function.o \
	src/functions/local.o \
	src/functions/create_get.o \
	src/functions/bulk.o \
	src/functions/change.o \
	src/functions/list.o \
	src/functions/sync.o \
	src/functions/wait.o \
	src/functions/test.o \
	src/functions/tag.o \
	src/functions/type.o \
	src/functions/rate.o \
	src/functions/stat.o \
	src/functions/activity.o \
	src/functions/enqueue.o \
	src/functions/request.o \
	src/functions/request_change.o \
	src/functions/row_move.o \
	src/functions/trigger_arguments.o \
	src/functions/trigger.o \
	src/functions/provision.o \
	src/functions/adopt_rows.o \
	src/functions/builder.o \
	src/functions/builders.o

PURE_OBJS = $(TEXT_OBJS) $(AWS_OBJS) $(SECRET_OBJS) $(GLUE_OBJS)

OBJS = $(PURE_OBJS) $(SERVER_OBJS) $(HTTP_OBJS) $(CLIENT_OBJS) $(STORE_OBJS) \
	$(JOURNAL_OBJS) $(OPERATION_OBJS) $(QUEUE_OBJS) $(WORKERS_OBJS) \
	$(FUNCTIONS_OBJS) src/glue_conn.o

LIBRARIES = libcurl libcrypto json-c expat
PG_CPPFLAGS = -I$(srcdir)/src $(shell pkg-config --cflags $(LIBRARIES))
PG_CFLAGS = -Wall -Wextra -Wshadow=compatible-local -Wno-unused-parameter \
	-Wno-sign-compare -Wno-missing-field-initializers
# "make CRASH_POINTS=1" is for tests of crashes: see crash_point.c.
ifdef CRASH_POINTS
PG_CPPFLAGS += -DGLUE_CRASH_POINTS
endif
# the pure files check assertions if the server does: see src/text/assertion.h
PG_CPPFLAGS += $(if $(findstring --enable-cassert,$(shell $(PG_CONFIG) --configure)),-DGLUE_ASSERTS)
SHLIB_LINK = $(shell pkg-config --libs $(LIBRARIES))

REGRESS = install validate redact create bulk bad_input privileges settings servers \
	builders summary test_connection tags connection_types requests trigger
REGRESS_OPTS = --encoding=UTF8
ISOLATION = queue_work queue_wait rows row_names
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=glue_conn
TAP_TESTS = 1
PROVE_TESTS = test/t/*.pl

# the first target, which is that of "make" alone
all:

# Scripts of the targets below install the missing packages of a fresh machine;
# PGXS itself may be missing before that.
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

.PHONY: demo try test bench fuzz update-model drawings documents

demo:
	@test/run_demo

try:
	@test/run_demo prompt

test:
	@test/run_tests

bench:
	@test/bench/run

# the time of each fuzzer
SECONDS = 50

fuzz:
	@test/fuzz/run $(SECONDS)

update-model:
	@test/update_model

drawings:
	@test/draw

documents:
	@test/update_documents

ifneq ($(wildcard $(PGXS)),)

# JIT bitcode is of no use to code that waits for the network, and would ask
# for the clang that PostgreSQL was built with.
override with_llvm = no

# PGXS asks for EXTRA_CLEAN when it is included.
UNIT_TESTS = $(patsubst %.c,%,$(wildcard $(srcdir)/test/unit/unit_*.c)) \
	test/unit/classify_failures test/unit/sign_messages
FUZZERS = $(patsubst %.c,%,$(wildcard $(srcdir)/test/fuzz/fuzz_*.c))
INSTRUMENTED = test/fuzz/instrumented
EXTRA_CLEAN = $(UNIT_TESTS) $(FUZZERS) $(INSTRUMENTED)

include $(PGXS)

# PGXS tracks no header dependencies on most installations.
OUR_HEADERS = $(wildcard $(srcdir)/src/*/*.h $(srcdir)/src/*/*.def)
$(OBJS): $(OUR_HEADERS)

.PHONY: unit-tests fuzzers check-layers check-exports check-format

unit-tests: $(UNIT_TESTS)

$(UNIT_TESTS): %: %.c $(wildcard $(srcdir)/test/unit/*.h) $(PURE_OBJS)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(PURE_OBJS) $(SHLIB_LINK) -lpthread -lm

# "make fuzzers" makes programs that replay their corpus, for the tests.  Given
# clang and the sanitizers to use, it makes programs that fuzz instead:
#
#	make fuzzers CC=clang FUZZ=-fsanitize=fuzzer,address,undefined
#	test/fuzz/instrumented/fuzz_reply a_scratch_directory test/fuzz/corpus/reply
#
# "make fuzz" does that for all of them: see test/fuzz/run.
ifndef FUZZ

fuzzers: $(FUZZERS)

$(FUZZERS): %: %.c $(wildcard $(srcdir)/test/fuzz/*.h) $(PURE_OBJS)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(PURE_OBJS) $(SHLIB_LINK) -lm

else

# libFuzzer sees only code that is compiled for it, so the pure objects are
# compiled once more, in a place of their own.  PostgreSQL's flags, which are
# meant for another compiler and for production, are not used.
INSTRUMENTED_FUZZERS = $(addprefix $(INSTRUMENTED)/,$(notdir $(FUZZERS)))
INSTRUMENTED_OBJS = $(addprefix $(INSTRUMENTED)/,$(PURE_OBJS))
FUZZ_COMPILE = $(CC) -g -O1 -fno-omit-frame-pointer -D_GNU_SOURCE \
	-DGLUE_ASSERTS $(PG_CPPFLAGS)

fuzzers: $(INSTRUMENTED_FUZZERS)

$(INSTRUMENTED_FUZZERS): $(INSTRUMENTED)/%: test/fuzz/%.c $(wildcard $(srcdir)/test/fuzz/*.h) $(INSTRUMENTED_OBJS)
	$(FUZZ_COMPILE) $(FUZZ) -o $@ $< $(INSTRUMENTED_OBJS) $(SHLIB_LINK) -lm

# only a fuzzer itself has libFuzzer's main()
$(INSTRUMENTED_OBJS): $(INSTRUMENTED)/%.o: %.c $(INSTRUMENTED)/flags $(OUR_HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_COMPILE) $(subst fuzzer,fuzzer-no-link,$(FUZZ)) -c -o $@ $<

# Their flags.  The file becomes newer only when they change, and then nothing that
# was compiled with other flags is used again.
$(INSTRUMENTED)/flags: always
	@mkdir -p $(@D)
	@echo '$(FUZZ_COMPILE) $(FUZZ)' | cmp -s - $@ || echo '$(FUZZ_COMPILE) $(FUZZ)' >$@

.PHONY: always

endif

check-layers:
	$(srcdir)/test/check_layers $(OBJS)

check-exports: $(MODULE_big).so
	$(srcdir)/test/check_exports $<

check-format:
	$(srcdir)/test/format --check

else

all install installcheck clean:
	@echo "The files for building PostgreSQL extensions are not installed:" >&2
	@echo "install postgresql-server-dev-NN, or run test/install_packages." >&2
	@exit 1

endif
