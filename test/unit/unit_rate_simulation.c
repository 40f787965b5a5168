/*-------------------------------------------------------------------------
 *
 * unit_rate_simulation.c
 *	  Simulation of rate limiting.
 *
 * Processes make calls of a service with a rate limit; a throttled call takes
 * no token of the service.  Calls wait for their turn as in the server:
 * processes are in a line, one for each class, and a process that had a token
 * moves to the end of its line, while one whose call was throttled moves to
 * the front.
 *
 * There is no clock and nothing is random, so all results are the same on
 * every machine.  "Time" is that from the first call to the last answer,
 * divided by the minimum: (calls - burst) / rate.
 *
 * IDENTIFICATION
 *	  test/unit/unit_rate_simulation.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/rate_limit.h"

#include <math.h>

#include "tap.h"

#define SECOND		1000000
#define START		((int64_t) 1000 * SECOND)
#define NEVER		INT64_MAX
#define FOR_EVER	1e9

#define MAX_PROCESSES	70
#define MAX_EVENTS		1000
#define MAX_RECORD		20000
#define ENDLESS			INT32_MAX

/* The service's token bucket: full at first. */
typedef struct Service
{
	double		rate;			/* 0: all */
	double		burst;
	double		tokens;
	int64_t		at;				/* the time of the tokens */
	double		others;			/* calls a second by others, never refused */
} Service;

typedef struct Process
{
	GlueRateClass class;
	GlueRateLimit *limit;
	int			calls;			/* to be made */
	int			side_by_side;
	int64_t		begins_at;

	int			in_flight;
	int			done;
	int64_t		ended_at;
	int64_t		place;			/* in its line; the least is the front */
	bool		in_line;
} Process;

/* A message on its way, and then its answer. */
typedef struct Event
{
	int64_t		at;
	int			order;			/* among those of the same moment */
	Process    *process;
	uint32_t	epoch;
	bool		answered;
	bool		refused;
} Event;

typedef struct World
{
	Service		service;
	GlueRateLimit limits[2];	/* of two clusters */
	int64_t		ask_at[2];		/* when the first in line asks again */
	GlueRateLimit own;			/* a limit of our own, if it has a ceiling */
	bool		paced;			/* it has let the next call go */
	Process		processes[MAX_PROCESSES];
	int			nprocesses;
	Event		events[MAX_EVENTS];
	int			nevents;
	int			order;
	int64_t		now;
	int64_t		place;
	int64_t		front;
	uint32_t	random;
	int			jitter;			/* of the latency, in percent */

	/* counts so far */
	int			nsent;
	int			nrefused;
	int			nlet_in;
	int64_t		sent_at[MAX_RECORD];
	int64_t		refused_at[MAX_RECORD];
	int64_t		let_in_at[MAX_RECORD];
} World;

static World world;

#define LATENCY		20000

/* ----------------------------------------------------------------
 * Processes
 * ----------------------------------------------------------------
 */

/* A world with one service, with nothing known of it. */
static void
begin(double rate, double burst)
{
	memset(&world, 0, sizeof(world));
	world.now = START;
	world.random = 1;
	world.service.rate = rate;
	world.service.burst = world.service.tokens = burst;
	world.service.at = START;
	world.ask_at[0] = world.ask_at[1] = NEVER;
}

static Process *
add_process(GlueRateClass class, int calls, int side_by_side, double begins_at)
{
	Process    *process = &world.processes[world.nprocesses++];

	process->class = class;
	process->limit = &world.limits[0];
	process->calls = calls;
	process->side_by_side = side_by_side;
	process->begins_at = world.now + llround(begins_at * SECOND);
	return process;
}

/* Stand in line as long as there are calls to be made. */
static void
join(Process *process, bool in_front)
{
	bool		wants = process->calls > 0 &&
		process->in_flight < process->side_by_side &&
		process->begins_at <= world.now;

	if (wants && (!process->in_line || in_front))
		process->place = in_front ? --world.front : ++world.place;
	process->in_line = wants;
}

static Process *
first_in_line(const GlueRateLimit *limit, GlueRateClass class)
{
	Process    *first = NULL;

	for (int i = 0; i < world.nprocesses; i++)
	{
		Process    *process = &world.processes[i];

		if (process->limit == limit && process->class == class &&
			process->in_line && (first == NULL || process->place < first->place))
			first = process;
	}
	return first;
}

/* In percent more or less, at most. */
static int64_t
half_way(void)
{
	world.random = world.random * 1664525 + 1013904223;
	return LATENCY / 2 * (1 + world.jitter / 100.0 *
						  ((world.random >> 8) / 8388608.0 - 1));
}

static void
add_event(Event event)
{
	event.at = world.now + half_way();
	event.order = world.order++;
	world.events[world.nevents++] = event;
}

static void
send_call(Process *process, uint32_t epoch)
{
	Event		event = {.process = process, .epoch = epoch};

	process->calls -= process->calls != ENDLESS;
	process->in_flight++;
	process->in_line = false;
	join(process, false);
	add_event(event);
	if (world.nsent < MAX_RECORD)
		world.sent_at[world.nsent] = world.now;
	world.nsent++;
}

/* Send the calls with tokens. */
static void
serve(int which)
{
	GlueRateLimit *limit = &world.limits[which];

	for (;;)
	{
		Process    *first[GLUE_RATE_CLASSES];
		bool		waiting[GLUE_RATE_CLASSES];
		uint32_t	epoch;
		int64_t		wait;
		int			class;

		for (int i = 0; i < GLUE_RATE_CLASSES; i++)
		{
			first[i] = first_in_line(limit, i);
			waiting[i] = first[i] != NULL;
		}
		world.ask_at[which] = NEVER;
		class = glue_rate_next_class(limit, waiting);
		if (class < 0)
			return;
		wait = 0;
		if (world.own.ceiling > 0 && !world.paced)
			wait = glue_rate_take(&world.own, world.now, &epoch);
		world.paced = wait == 0;
		if (wait == 0)
			wait = glue_rate_take(limit, world.now, &epoch);
		if (wait > GLUE_RATE_MAX_WAIT)
			wait = GLUE_RATE_MAX_WAIT;
		if (wait > 0)
			world.ask_at[which] = world.now + wait;
		if (wait != 0)
			return;
		world.paced = false;
		glue_rate_note_turn(limit, class, waiting);
		send_call(first[class], epoch);
	}
}

/* ----------------------------------------------------------------
 * The service
 * ----------------------------------------------------------------
 */

static bool
is_let_in(void)
{
	Service    *service = &world.service;
	double		elapsed = (double) (world.now - service->at) / SECOND;

	if (service->rate == 0)
		return true;
	service->at = world.now;
	service->tokens = fmin(service->tokens +
						   elapsed * (service->rate - service->others),
						   service->burst);
	if (service->tokens < 1 - 1e-9)
		return false;
	service->tokens--;
	return true;
}

static void
receive_answer(const Event *event)
{
	Process    *process = event->process;

	process->in_flight--;
	glue_rate_give(process->limit, event->epoch, event->refused ?
				   GLUE_RATE_REFUSED : GLUE_RATE_LET_IN, 0, world.now);
	if (event->refused)
	{
		process->calls += process->calls != ENDLESS;
		if (world.nrefused < MAX_RECORD)
			world.refused_at[world.nrefused] = world.now;
		world.nrefused++;
	}
	else
	{
		process->done++;
		process->ended_at = world.now;
		if (world.nlet_in < MAX_RECORD)
			world.let_in_at[world.nlet_in] = world.now;
		world.nlet_in++;
	}
	join(process, event->refused);
}

static void
happen(int i)
{
	Event		event = world.events[i];

	world.events[i] = world.events[--world.nevents];
	if (event.answered)
		receive_answer(&event);
	else
	{
		event.answered = true;
		event.refused = !is_let_in();
		add_event(event);
	}
}

/* ----------------------------------------------------------------
 * Time
 * ----------------------------------------------------------------
 */

static int
next_event(void)
{
	int			next = 0;

	for (int i = 1; i < world.nevents; i++)
	{
		const Event *a = &world.events[i];
		const Event *b = &world.events[next];

		if (a->at < b->at || (a->at == b->at && a->order < b->order))
			next = i;
	}
	return world.nevents > 0 ? next : -1;
}

/* When a process begins next. */
static int64_t
next_begin(void)
{
	int64_t		next = NEVER;

	for (int i = 0; i < world.nprocesses; i++)
	{
		int64_t		begins_at = world.processes[i].begins_at;

		if (begins_at > world.now && begins_at < next)
			next = begins_at;
	}
	return next;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Until nothing happens any more, or so many seconds have passed. */
static void
run(double seconds)
{
	int64_t		end = START + llround(seconds * SECOND);

	for (;;)
	{
		int			event;
		int64_t		other;

		for (int i = 0; i < world.nprocesses; i++)
			join(&world.processes[i], false);
		serve(0);
		serve(1);

		event = next_event();
		other = earlier(next_begin(), earlier(world.ask_at[0],
											  world.ask_at[1]));
		if (event >= 0 && world.events[event].at < other)
			other = world.events[event].at;
		else
			event = -1;
		if (other >= end || other == NEVER)
			break;
		world.now = other;
		if (event >= 0)
			happen(event);
	}
	if (seconds < FOR_EVER)
		world.now = end;
}

/* ----------------------------------------------------------------
 * Figures
 * ----------------------------------------------------------------
 */

static double
seconds_of(int64_t at)
{
	return (double) (at - START) / SECOND;
}

static double
time_over(double ideal)
{
	return seconds_of(world.let_in_at[world.nlet_in - 1]) / ideal;
}

static double
refused_share(void)
{
	return (double) world.nrefused / world.nsent;
}

static double
slowest_over_fastest(void)
{
	int64_t		slowest = 0;
	int64_t		fastest = NEVER;

	for (int i = 0; i < world.nprocesses; i++)
	{
		int64_t		ended_at = world.processes[i].ended_at;

		slowest = ended_at > slowest ? ended_at : slowest;
		fastest = earlier(ended_at, fastest);
	}
	return seconds_of(slowest) / seconds_of(fastest);
}

/* How many of these lie within a span of seconds. */
static int
count_within(const int64_t *times, int ntimes, double from, double to)
{
	int			n = 0;

	for (int i = 0; i < ntimes; i++)
		n += seconds_of(times[i]) >= from && seconds_of(times[i]) < to;
	return n;
}

static void
at_most(double got, double limit, const char *name, const char *what)
{
	char		text[200];

	snprintf(text, sizeof(text), "%s: %s", name, what);
	if (!ok(got <= limit, text))
		printf("#      got: %.4g\n#  at most: %.4g\n", got, limit);
}

/* ----------------------------------------------------------------
 * Cases
 * ----------------------------------------------------------------
 */

/* A queue of 200 or so, and other shapes, of the same number of calls. */
typedef struct ShapeCase
{
	const char *name;
	double		rate;
	double		burst;
	double		others;
	int			jitter;
	int			nprocesses;
	int			calls;			/* of each */
	int			side_by_side;
	double		time;			/* at most */
	double		refused;
	double		fairness;
} ShapeCase;

static const ShapeCase cases[] = {
	{"queue", 10, 10, 0, 0, 1, 200, 64, 1.01, 0.044, 1},
	{"eight side by side", 10, 10, 0, 0, 1, 200, 8, 1.01, 0.044, 1},
	{"queue, latency that differs", 10, 10, 0, 10, 1, 200, 64, 1.02, 0.05, 1},
	{"the same, and more", 10, 10, 0, 30, 1, 200, 64, 1.02, 0.05, 1},
	{"8 sessions", 10, 10, 0, 10, 8, 25, 1, 1.02, 0.05, 1.1},
	{"50 sessions", 10, 10, 0, 10, 50, 4, 1, 1.02, 0.05, 1.5},
	{"20 a second", 20, 20, 0, 10, 1, 200, 64, 1.03, 0.05, 1},
	{"5 a second", 5, 5, 0, 10, 1, 200, 64, 1.01, 0.075, 1},
	{"2 a second", 2, 2, 0, 10, 1, 200, 64, 1.07, 0.2, 1},
	{"half of it for others", 10, 10, 5, 10, 1, 200, 64, 1.02, 0.09, 1},
	{"two seconds are saved up", 15, 30, 0, 10, 1, 200, 64, 1.05, 0.08, 1},
	{"five seconds are", 10, 50, 0, 10, 1, 200, 64, 1.03, 0.11, 1},
	{"nothing is", 10, 1, 0, 10, 1, 1000, 64, 1.4, 0.045, 1},
	{"200 a second", 200, 200, 0, 10, 1, 5000, 64, 1.03, 0.015, 1},
};

static void
test_case(const ShapeCase *c)
{
	int			calls = c->nprocesses * c->calls;

	begin(c->rate, c->burst);
	world.service.others = c->others;
	world.jitter = c->jitter;
	for (int i = 0; i < c->nprocesses; i++)
		add_process(GLUE_RATE_IMMEDIATE, c->calls, c->side_by_side, 0);
	run(FOR_EVER);
	printf("# %s: time %.3f, refused %.1f %%, slowest over fastest %.2f\n",
		   c->name, time_over((calls - c->burst) / (c->rate - c->others)),
		   100 * refused_share(), slowest_over_fastest());
	is_int(world.nlet_in, calls, c->name);
	at_most(time_over((calls - c->burst) / (c->rate - c->others)), c->time,
			c->name, "time");
	at_most(refused_share(), c->refused, c->name, "refused");
	at_most(slowest_over_fastest(), c->fairness, c->name, "fairness");
}

/* A service without limit. */
static void
test_no_limit(void)
{
	double		cold;

	begin(0, 0);
	add_process(GLUE_RATE_QUEUE, 10000, 64, 0);
	run(FOR_EVER);
	cold = time_over(1);
	at_most(cold, 3.5, "no limit", "time of the first 10,000");

	/* an old estimate is kept */
	add_process(GLUE_RATE_QUEUE, 10000, 64, 100);
	run(FOR_EVER);
	is_int(world.processes[1].done, 10000, "no limit: all once more");
	at_most(time_over(1) - cold, 103.15, "no limit", "time of the next 10,000");
	is_int(world.nrefused, 0, "no limit: nothing is refused");
}

/* A limit of our own. */
static void
test_ceiling(void)
{
	begin(0, 0);
	world.own.ceiling = 20;
	add_process(GLUE_RATE_QUEUE, 201, 64, 0);
	run(FOR_EVER);
	at_most(fabs(time_over(10) - 1), 0.005, "a ceiling", "time");

	begin(10, 10);
	world.own.ceiling = 8;
	add_process(GLUE_RATE_QUEUE, 200, 64, 0);
	run(FOR_EVER);
	is_int(world.nrefused, 0, "a ceiling below the limit: nothing is refused");
	at_most(time_over(200 / 8.0), 1.01, "a ceiling below the limit", "time");
}

static void
set_rate(double rate, double burst)
{
	is_let_in();				/* earlier tokens of the bucket count */
	world.service.rate = rate;
	world.service.burst = burst;
}

/* 20 a second become 5, and 20 again. */
static void
test_change(int jitter, uint32_t seed)
{
	double		down = 0;
	double		up = 1;

	begin(20, 20);
	world.jitter = jitter;
	world.random = seed;
	add_process(GLUE_RATE_QUEUE, ENDLESS, 64, 0);
	run(20);
	set_rate(5, 5);
	run(50);
	set_rate(20, 20);
	run(70);

	while (down < 10 && count_within(world.sent_at, world.nsent, 20 + down,
									 22 + down) > 13)
		down += 0.01;
	while (up < 20 && count_within(world.let_in_at, world.nlet_in, 49 + up,
								   50 + up) < 18)
		up += 0.01;
	printf("# 20, 5, 20 a second: down within %.2f s, up within %.2f s,"
		   " %d of %d refused meanwhile\n", down, up,
		   count_within(world.refused_at, world.nrefused, 22, 50),
		   count_within(world.sent_at, world.nsent, 22, 50));
	at_most(down, 1, "20, 5, 20 a second", "down");
	at_most(up, 6, "20, 5, 20 a second", "up");
	at_most(count_within(world.refused_at, world.nrefused, 22, 50), 0.09 *
			count_within(world.sent_at, world.nsent, 22, 50),
			"20, 5, 20 a second", "refused at 5");
}

/* 100 more, after a while in which nothing was needed. */
static void
test_idle(void)
{
	int			refused;
	Process    *later;

	begin(10, 10);
	add_process(GLUE_RATE_QUEUE, 200, 64, 0);
	run(60);
	refused = world.nrefused;
	later = add_process(GLUE_RATE_QUEUE, 100, 64, 0);
	run(FOR_EVER);
	at_most(seconds_of(later->ended_at) - 60, 9.5, "after a while", "time");
	at_most(world.nrefused - refused, 6, "after a while", "refused");
}

/* Calls of a session and undos beside a long queue, and one beside a bulk. */
static void
test_classes(void)
{
	Process    *queue;
	Process    *session;
	Process    *undos;
	Process    *bulk;

	begin(10, 10);
	queue = add_process(GLUE_RATE_QUEUE, 600, 64, 0);
	session = add_process(GLUE_RATE_IMMEDIATE, 20, 1, 5);
	undos = add_process(GLUE_RATE_UNDO, 5, 1, 6);
	run(FOR_EVER);
	at_most(seconds_of(session->ended_at) - 5, 3.5, "beside a queue",
			"a session");
	at_most(seconds_of(undos->ended_at) - 6, 1, "beside a queue", "undos");
	at_most(seconds_of(queue->ended_at), 64, "beside a queue", "the queue");

	begin(10, 10);
	bulk = add_process(GLUE_RATE_IMMEDIATE, 200, 64, 0);
	for (int i = 0; i < 8; i++)
		session = add_process(GLUE_RATE_IMMEDIATE, 10, 1, 0);
	run(FOR_EVER);
	at_most(seconds_of(session->ended_at), 9.5, "beside a bulk", "a session");
	at_most(seconds_of(bulk->ended_at), 28, "beside a bulk", "the bulk");
}

/* Two clusters without a common state. */
static void
test_two_clusters(void)
{
	begin(10, 10);
	world.jitter = 10;
	add_process(GLUE_RATE_QUEUE, 200, 64, 0);
	add_process(GLUE_RATE_QUEUE, 200, 64, 0)->limit = &world.limits[1];
	run(FOR_EVER);
	is_int(world.nlet_in, 400, "two clusters");
	at_most(time_over(39), 1.03, "two clusters", "time");
	at_most(refused_share(), 0.09, "two clusters", "refused");
	at_most(slowest_over_fastest(), 1.5, "two clusters", "fairness");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		test_case(&cases[i]);
	test_no_limit();
	test_ceiling();
	test_change(0, 1);
	for (uint32_t seed = 1; seed <= 5; seed++)
		test_change(10, seed);
	test_idle();
	test_classes();
	test_two_clusters();
	return tap_done();
}
