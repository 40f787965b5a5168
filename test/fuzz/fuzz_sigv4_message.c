/*-------------------------------------------------------------------------
 *
 * fuzz_sigv4_message.c
 *	  Fuzzer of the signing of messages.
 *
 * The input is lines: method, path, query, x-amz-date, region, service, access
 * key, secret key and body, and headers as "name:value".
 *
 * The canonical request must have the form that AWS defines, and be the same
 * in whichever order the headers are.  Each stage must fill a buffer of just
 * its size, and refuse a smaller one.  The signature must be the one that
 * OpenSSL makes of the stages, with any key that the signer has kept.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_sigv4_message.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lines.h"

#define FIRST_HEADER	9
#define WHITE_SPACE		" \t\n\v\f\r"
#define MAX_HEADERS		(GLUE_SIGV4_MAX_HEADERS + 2)

/* Larger than any signed text that an input can make. */
#define ROOM			32768

/* Size of sigv4.c's buffer. */
#define MAX_CANONICAL_LEN		16383
#define MAX_STRING_TO_SIGN_LEN	511
#define MAX_SECRET_LEN			255

typedef struct Signing
{
	GlueSigv4Message message;
	GlueSigv4Header headers[MAX_HEADERS];
	const char *access_key_id;
	const char *secret;
} Signing;

static GlueSigv4Signer *signer;
static char canonical[ROOM];
static char other_canonical[ROOM];

/* Headers' names are in lower case, and have nothing that separates them. */
static void
read_headers(Signing *signing, Lines *lines)
{
	int			count = 0;

	for (int i = FIRST_HEADER; i < lines->count && count < MAX_HEADERS; i++)
	{
		char	   *name = lines->lines[i];
		char	   *end = name + strspn(name, "abcdefghijklmnopqrstuvwxyz"
										"0123456789-");

		signing->headers[count].name = name;
		signing->headers[count++].value = *end == ':' ? end + 1 : "";
		*end = '\0';
	}
	signing->message.headers = signing->headers;
	signing->message.nheaders = count;
}

static void
read_signing(Signing *signing, Lines *lines)
{
	GlueSigv4Message *message = &signing->message;

	memset(signing, 0, sizeof(*signing));
	message->method = line_at(lines, 0);
	message->path = line_at(lines, 1);
	message->query = line_at(lines, 2);
	message->amz_date = line_at(lines, 3);
	message->region = line_at(lines, 4);
	message->service = line_at(lines, 5);
	signing->access_key_id = line_at(lines, 6);
	signing->secret = line_at(lines, 7);
	message->body = line_at(lines, 8);
	message->body_len = strlen(message->body);
	read_headers(signing, lines);
}

/* The next line of a canonical request. */
static char *
take_line(char **rest)
{
	char	   *line = strsep(rest, "\n");

	require(line != NULL);
	return line;
}

/*
 * A path has no "." or ".." segments, and only "/" and encoded characters.
 */
static void
check_path(const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789-._~/";

	require(path[0] == '/' && strstr(path, "//") == NULL);
	for (const char *at = path; *at != '\0'; at++)
	{
		size_t		len = strcspn(at + 1, "/");

		if (*at == '/')
			require(!(len == 1 && at[1] == '.') &&
					!(len == 2 && at[1] == '.' && at[2] == '.'));
		if (*at == '%')
			require(strspn(at + 1, "0123456789ABCDEF") >= 2);
		else
			require(strchr(plain, *at) != NULL);
	}
}

/*
 * The value of a header has the words of all values of its name, in their
 * order.
 */
static void
check_value(const char *value, const char *name,
			const GlueSigv4Message *message)
{
	const char *before = "";

	for (int i = 0; i < message->nheaders; i++)
	{
		const char *word = message->headers[i].value;
		const char *between = before;

		if (strcmp(message->headers[i].name, name) != 0)
			continue;
		for (word += strspn(word, WHITE_SPACE); *word != '\0';
			 word += strspn(word, WHITE_SPACE))
		{
			size_t		len = strcspn(word, WHITE_SPACE);

			require(strncmp(value, between, strlen(between)) == 0);
			value += strlen(between);
			require(strncmp(value, word, len) == 0);
			value += len;
			word += len;
			between = " ";
		}
		if (between == before)
		{
			require(strncmp(value, before, strlen(before)) == 0);
			value += strlen(before);
		}
		before = ",";
	}
	require(*value == '\0');
}

/*
 * Check the lines of headers, and then the names, which must be the same.
 */
static void
check_headers(char **rest, const GlueSigv4Message *message)
{
	char	   *names = malloc(ROOM);
	char	   *end = names;
	const char *last = NULL;
	char	   *line;

	require(names != NULL);
	*end = '\0';
	for (line = take_line(rest); *line != '\0'; line = take_line(rest))
	{
		char	   *value = strchr(line, ':');

		require(value != NULL);
		*value++ = '\0';
		check_value(value, line, message);
		require(last == NULL || strcmp(last, line) < 0);
		end += sprintf(end, "%s%s", last != NULL ? ";" : "", line);
		last = line;
	}
	/* without headers, there is no line for them */
	if (message->nheaders > 0)
		require(last != NULL);
	require(strcmp(take_line(rest), names) == 0);
	free(names);
}

/*
 * Parse the canonical request; it must have the parts of the message in their
 * places.  The text is destroyed.
 */
static void
check_canonical(char *text, const GlueSigv4Message *message)
{
	char	   *rest = text;

	require(strcmp(take_line(&rest), message->method) == 0);
	check_path(take_line(&rest));
	require(strcmp(take_line(&rest), message->query) == 0);
	check_headers(&rest, message);
	require(rest != NULL && strlen(rest) == GLUE_SIGV4_HEX_LEN &&
			strspn(rest, "0123456789abcdef") == GLUE_SIGV4_HEX_LEN);
}

/*
 * The same headers, those with the last names first.  Those of one name keep
 * their order.
 */
static void
reverse_headers(const GlueSigv4Message *message,
				GlueSigv4Header headers[MAX_HEADERS])
{
	for (int i = 0; i < message->nheaders; i++)
	{
		int			place = i;

		while (place > 0 &&
			   strcmp(headers[place - 1].name, message->headers[i].name) < 0)
		{
			headers[place] = headers[place - 1];
			place--;
		}
		headers[place] = message->headers[i];
	}
}

static void
check_order(const GlueSigv4Message *message, size_t len)
{
	GlueSigv4Header headers[MAX_HEADERS];
	GlueSigv4Message other = *message;

	reverse_headers(message, headers);
	other.headers = headers;
	require(glue_sigv4_canonical_request(signer, &other, other_canonical,
										 ROOM) == len);
	require(strcmp(canonical, other_canonical) == 0);
}

/*
 * A buffer of exactly the size is enough, and a smaller one is not used.  Only
 * ".." takes more, for the segments that it drops.
 */
static void
check_sizes(const GlueSigv4Message *message, size_t len)
{
	char	   *exact = malloc(len + 1);
	char	   *small = malloc(len);

	require(exact != NULL && small != NULL);
	if (strstr(message->path, "..") == NULL)
	{
		require(glue_sigv4_canonical_request(signer, message, exact,
											 len + 1) == len);
		require(strcmp(exact, canonical) == 0);
	}
	require(glue_sigv4_canonical_request(signer, message, small, len) == 0);
	require(small[0] == '\0');
	require(glue_sigv4_canonical_request(signer, message, small, 1) == 0);
	require(small[0] == '\0');
	require(glue_sigv4_canonical_request(signer, message, NULL, 0) == 0);
	free(exact);
	free(small);
}

static bool
is_time(const char *text)
{
	if (strlen(text) != GLUE_SIGV4_TIME_LEN || text[8] != 'T' ||
		text[15] != 'Z')
		return false;
	return strspn(text, "0123456789") == 8 &&
		strspn(text + 9, "0123456789") == 6;
}

/*
 * The string to sign, which the caller frees, or NULL.
 */
static char *
check_string_to_sign(const GlueSigv4Message *message, size_t canonical_len)
{
	char	   *text = malloc(ROOM);
	char	   *exact;
	size_t		len;

	require(text != NULL);
	len = glue_sigv4_string_to_sign(signer, message, canonical, canonical_len,
									text, ROOM);
	require((len > 0) == is_time(message->amz_date));
	if (len == 0)
	{
		require(text[0] == '\0' || !is_time(message->amz_date));
		free(text);
		return NULL;
	}
	exact = malloc(len + 1);
	require(exact != NULL);
	require(glue_sigv4_string_to_sign(signer, message, canonical,
									  canonical_len, exact, len) == 0);
	require(exact[0] == '\0');
	require(glue_sigv4_string_to_sign(signer, message, canonical,
									  canonical_len, exact, len + 1) == len);
	require(strcmp(text, exact) == 0);
	free(text);
	return exact;
}

static bool
is_credential_part(const char *part)
{
	for (const char *at = part; *at != '\0'; at++)
	{
		if (*at <= ' ' || *at > '~' || *at == '/' || *at == ',')
			return false;
	}
	return *part != '\0';
}

static void
hmac(const unsigned char *key, size_t key_len, const char *text, size_t len,
	 unsigned char mac[GLUE_SIGV4_KEY_LEN])
{
	unsigned char result[EVP_MAX_MD_SIZE];
	unsigned int result_len;

	require(HMAC(EVP_sha256(), key, (int) key_len,
				 (const unsigned char *) text, len, result,
				 &result_len) != NULL);
	require(result_len == GLUE_SIGV4_KEY_LEN);
	memcpy(mac, result, result_len);
}

/*
 * The signature, by the book.
 */
static void
sign(const Signing *signing, const char *to_sign,
	 unsigned char mac[GLUE_SIGV4_KEY_LEN])
{
	const GlueSigv4Message *message = &signing->message;
	unsigned char derived[GLUE_SIGV4_KEY_LEN];
	char		seed[4 + MAX_SECRET_LEN + 1];

	snprintf(seed, sizeof(seed), "AWS4%s", signing->secret);
	hmac((unsigned char *) seed, strlen(seed), message->amz_date, 8, mac);
	hmac(mac, GLUE_SIGV4_KEY_LEN, message->region, strlen(message->region), mac);
	hmac(mac, GLUE_SIGV4_KEY_LEN, message->service, strlen(message->service),
		 mac);
	hmac(mac, GLUE_SIGV4_KEY_LEN, "aws4_request", strlen("aws4_request"), mac);
	require(glue_sigv4_derive_key(signer, signing->secret, message->amz_date,
								  message->region, message->service, derived));
	require(memcmp(derived, mac, GLUE_SIGV4_KEY_LEN) == 0);
	hmac(derived, GLUE_SIGV4_KEY_LEN, to_sign, strlen(to_sign), mac);
}

/*
 * The expected Authorization header; the caller frees it.
 */
static char *
expected_authorization(const Signing *signing, const char *to_sign)
{
	const GlueSigv4Message *message = &signing->message;
	unsigned char mac[GLUE_SIGV4_KEY_LEN];
	char	   *text = malloc(ROOM);
	GlueTextBuffer names = {NULL, ROOM / 2, 0};
	char	   *end = text;

	require(text != NULL);
	end += sprintf(end, "AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/"
				   "aws4_request, SignedHeaders=", signing->access_key_id,
				   message->amz_date, message->region, message->service);
	names.data = end;
	glue_sigv4_put_signed_headers(&names, message);
	end += glue_text_end_whole(&names);
	end += sprintf(end, ", Signature=");
	sign(signing, to_sign, mac);
	for (int i = 0; i < GLUE_SIGV4_KEY_LEN; i++)
		end += sprintf(end, "%02x", mac[i]);
	return text;
}

static bool
authorize(const Signing *signing, const char *secret, char *buffer,
		  size_t size)
{
	return glue_sigv4_authorization(signer, &signing->message,
									signing->access_key_id, secret,
									buffer, size);
}

/*
 * Sign, with a key of before, with another one in between, and to buffers of
 * just the size and one less.
 */
static void
check_authorization(const Signing *signing, const char *to_sign)
{
	char	   *expected = expected_authorization(signing, to_sign);
	size_t		len = strlen(expected);
	char	   *exact = malloc(len + 1);
	char	   *other = malloc(len + 1);

	require(exact != NULL && other != NULL);
	for (int i = 0; i < 2; i++)
	{
		require(authorize(signing, signing->secret, exact, len + 1));
		require(strcmp(exact, expected) == 0);
	}
	require(authorize(signing, "another secret", other, len + 1));
	require((strcmp(other, exact) == 0) ==
			(strcmp(signing->secret, "another secret") == 0));
	require(!authorize(signing, signing->secret, other, len));
	require(other[0] == '\0');
	require(authorize(signing, signing->secret, other, len + 1));
	require(strcmp(other, expected) == 0);
	free(other);
	free(exact);
	free(expected);
}

/* Nothing may be signed: then nothing is left in the buffer. */
static void
check_refused(const Signing *signing)
{
	char	   *buffer = malloc(ROOM);

	require(buffer != NULL);
	buffer[0] = 'x';
	require(!authorize(signing, signing->secret, buffer, ROOM));
	require(buffer[0] == '\0');
	free(buffer);
}

/* Can all that goes into the header stand there? */
static bool
is_signable(const Signing *signing)
{
	return is_credential_part(signing->access_key_id) &&
		is_credential_part(signing->message.region) &&
		is_credential_part(signing->message.service) &&
		strlen(signing->secret) <= MAX_SECRET_LEN;
}

static void
check_signing(const Signing *signing)
{
	const GlueSigv4Message *message = &signing->message;
	size_t		len = glue_sigv4_canonical_request(signer, message, canonical,
												   ROOM);
	char	   *to_sign;

	require((len > 0) == (message->nheaders <= GLUE_SIGV4_MAX_HEADERS));
	require(strlen(canonical) == len);
	if (len == 0)
	{
		check_refused(signing);
		return;
	}

	check_order(message, len);
	check_sizes(message, len);
	to_sign = check_string_to_sign(message, len);
	if (to_sign == NULL || !is_signable(signing) || len > MAX_CANONICAL_LEN ||
		strlen(to_sign) > MAX_STRING_TO_SIGN_LEN)
		check_refused(signing);
	else if (len + 3 * strlen(message->path) <= MAX_CANONICAL_LEN)
		check_authorization(signing, to_sign);
	free(to_sign);
	check_canonical(canonical, message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Lines		lines;
	Signing		signing;

	/* ROOM is enough even if each byte is encoded */
	if (size > ROOM / 4)
		return 0;
	if (signer == NULL)
		signer = glue_sigv4_signer_new();
	require(signer != NULL);
	split_lines(&lines, data, size);
	read_signing(&signing, &lines);
	check_signing(&signing);
	free_lines(&lines);
	return 0;
}
