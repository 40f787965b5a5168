/*-------------------------------------------------------------------------
 *
 * aws_clock.c
 *	  AWS's clock.
 *
 * The ownership of a connection depends on its creation time, which AWS
 * reports by its own clock.  The clock of this machine may be wrong, may be
 * set, or may be that of another machine after a failover.  So times that are
 * compared with AWS's are AWS's, too.  Each answer carries AWS's time (see
 * aws/remote_clock.c).  Between answers it advances with a clock that nobody
 * sets and all processes share.
 *
 * The time is kept for each endpoint, in shared memory if the library is
 * preloaded, until the server stops.  The number of endpoints is fixed; a new
 * one evicts the least recently used one.
 *
 * IDENTIFICATION
 *	  src/client/aws_clock.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "aws/remote_clock.h"
#include "client/aws_clock.h"
#include "common/hashfn.h"
#include "http/clock.h"
#include "utils/timestamp.h"

#define NUM_ENDPOINTS	64

#define EPOCH_DAYS		((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE))

typedef struct EndpointClock
{
	uint64		key;			/* hash of the URL; 0: free */
	bool		answered;		/* the endpoint has answered once */
	uint64		used;			/* number of its last use */
	GlueRemoteClock clock;
} EndpointClock;

typedef struct EndpointClocks
{
	uint64		uses;			/* number of uses so far */
	EndpointClock endpoints[NUM_ENDPOINTS];
} EndpointClocks;

GlueSharedPart glue_aws_clock_part = {
	.name = "glue_conn clocks",
	.size = sizeof(EndpointClocks),
};

/* prototypes of private functions */
static uint64 key_of(const char *url);
static EndpointClock *find_clock(EndpointClocks *clocks, uint64 key);
static EndpointClock *find_or_make_clock(EndpointClocks *clocks, uint64 key);
static TimestampTz from_epoch_ms(int64 ms);

/*
 * Observe an answer of an endpoint.  The times of the request and of the
 * answer are by glue_boot_ms().  An answer from a cache is ignored.
 */
void
glue_aws_clock_observe(const char *url, const GlueReplyHeaders *headers,
					   int64 sent_ms, int64 received_ms)
{
	EndpointClocks *clocks = glue_shared_attach(&glue_aws_clock_part);
	uint64		key = key_of(url);
	EndpointClock *endpoint;
	long long	seconds;
	bool		tells = !headers->has_age &&
		glue_reply_parse_date(headers->date, &seconds);

	glue_shared_lock(LW_EXCLUSIVE);
	endpoint = find_or_make_clock(clocks, key);
	endpoint->answered = true;
	if (tells)
		glue_remote_clock_observe(&endpoint->clock, seconds, sent_ms,
								  received_ms);
	glue_shared_unlock();
}

/* The time of AWS's clock at a time by glue_boot_ms(). */
GlueAwsMoment
glue_aws_clock_at(const char *url, int64 boot_ms)
{
	EndpointClocks *clocks = glue_shared_attach(&glue_aws_clock_part);
	uint64		key = key_of(url);
	GlueAwsMoment moment = {0};
	GlueRemoteMoment found;
	EndpointClock *endpoint;
	bool		known;

	glue_shared_lock(LW_SHARED);
	endpoint = find_clock(clocks, key);
	moment.answered = endpoint != NULL && endpoint->answered;
	known = endpoint != NULL &&
		glue_remote_clock_at(&endpoint->clock, boot_ms, &found);
	glue_shared_unlock();
	if (known)
	{
		moment.earliest = from_epoch_ms(found.earliest_ms);
		moment.latest = from_epoch_ms(found.latest_ms);
	}
	return moment;
}

GlueAwsMoment
glue_aws_clock_now(const char *url)
{
	return glue_aws_clock_at(url, glue_boot_ms());
}

static uint64
key_of(const char *url)
{
	uint64		key = hash_bytes_extended((const unsigned char *) url,
										  strlen(url), 0);

	return key != 0 ? key : 1;
}

static EndpointClock *
find_clock(EndpointClocks *clocks, uint64 key)
{
	for (int i = 0; i < NUM_ENDPOINTS; i++)
	{
		if (clocks->endpoints[i].key == key)
			return &clocks->endpoints[i];
	}
	return NULL;
}

/* Find the clock of an endpoint, or make one; it may evict another. */
static EndpointClock *
find_or_make_clock(EndpointClocks *clocks, uint64 key)
{
	EndpointClock *endpoint = find_clock(clocks, key);

	if (endpoint == NULL)
	{
		endpoint = &clocks->endpoints[0];
		for (int i = 1; i < NUM_ENDPOINTS; i++)
		{
			if (clocks->endpoints[i].used < endpoint->used)
				endpoint = &clocks->endpoints[i];
		}
		memset(endpoint, 0, sizeof(EndpointClock));
		endpoint->key = key;
	}
	endpoint->used = ++clocks->uses;
	return endpoint;
}

/* Milliseconds since 1970. */
int64
glue_epoch_ms(TimestampTz time)
{
	return time / 1000 + EPOCH_DAYS * SECS_PER_DAY * 1000;
}

static TimestampTz
from_epoch_ms(int64 ms)
{
	return (ms - EPOCH_DAYS * SECS_PER_DAY * 1000) * 1000;
}
