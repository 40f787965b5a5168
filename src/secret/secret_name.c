/*-------------------------------------------------------------------------
 *
 * secret_name.c
 *	  Names of secret values.
 *
 * AWS Glue allows properties with names of the connector's own in a
 * connection.  Those that are not in the model are classified here, by their
 * end:
 *
 *	1.  A name without one of secret_words is not a secret's.
 *	2.  The last such word counts: "secret_name_password" is a password.
 *	3.  If the name ends with that word, optionally followed by one of
 *	    value_endings, the value is such a secret.
 *	4.  If it ends with one of reference_endings, the value is metadata of
 *	    the secret: its location, lifetime or kind.
 *	5.  Any other end is inconclusive, and the value decides.
 *
 * Case and separators are ignored: "API-Key", "api_key" and "apiKey" are the
 * same.
 *
 * IDENTIFICATION
 *	  src/secret/secret_name.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/secret_name.h"

#include <string.h>

#include "text/ascii.h"

/*
 * "_" stands for an optional separator.  A word after a space must be a whole
 * word of the name: "pin", but not "shipping".
 */
typedef struct SecretWord
{
	const char *word;
	GlueNameKind kind;			/* kind of a name that ends with it */
} SecretWord;

/*
 * Grouped by first letter, because every letter of every key is looked up
 * here.  "make update-model" keeps the names of AWS's model with these words.
 */
static const SecretWord secret_words[] = {
	{"access_key", GLUE_NAME_KEY},	/* AWS; "secret access key" is below */
	{"account_key", GLUE_NAME_SECRET},	/* Azure Storage, Cosmos DB */
	{"admin_key", GLUE_NAME_SECRET},	/* Azure AI Search */
	{"aes_key", GLUE_NAME_KEY},
	{"api_key", GLUE_NAME_SECRET},	/* also "hapikey" of HubSpot */
	{"app_key", GLUE_NAME_SECRET},	/* Datadog */
	{"application_key", GLUE_NAME_SECRET},
	{"assertion", GLUE_NAME_SECRET},	/* OAuth: exchanged for a token */
	{"auth_code", GLUE_NAME_SECRET},
	{"auth_mechanism_properties", GLUE_NAME_SECRET},	/* MongoDB: a token */
	{"auth_user_info", GLUE_NAME_SECRET},	/* schema registry: "key:secret" */
	{"authorization", GLUE_NAME_SECRET},	/* the header */
	{"authorization_code", GLUE_NAME_SECRET},
	{"basic_auth", GLUE_NAME_SECRET},	/* "user:password" */
	{"cipher_key", GLUE_NAME_KEY},
	{"client_key", GLUE_NAME_KEY},	/* TLS, or a key vault's */
	{"code_verifier", GLUE_NAME_SECRET},
	{"cookie", GLUE_NAME_SECRET},
	{"cosmos_db_key", GLUE_NAME_SECRET},
	{"cosmos_key", GLUE_NAME_SECRET},
	{"credential", GLUE_NAME_KEY},
	{"creds", GLUE_NAME_KEY},
	{" db_pass", GLUE_NAME_SECRET},
	{" db_pw", GLUE_NAME_SECRET},
	{"decryption_key", GLUE_NAME_KEY},
	{"device_code", GLUE_NAME_SECRET},
	{"encryption_key", GLUE_NAME_KEY},
	{"function_key", GLUE_NAME_SECRET}, /* Azure Functions */
	{"functions_key", GLUE_NAME_SECRET},
	{"gcp_key", GLUE_NAME_KEY},
	{"hmac_key", GLUE_NAME_KEY},
	{" id_rsa", GLUE_NAME_KEY},
	{"jwt", GLUE_NAME_KEY},
	{"key_store", GLUE_NAME_REFERENCE},
	{"key_tab", GLUE_NAME_REFERENCE},
	{"license_key", GLUE_NAME_SECRET},
	{"logdata", GLUE_NAME_SECRET},	/* Teradata: "user@@password" */
	{"master_key", GLUE_NAME_KEY},
	{"mfa_code", GLUE_NAME_SECRET},
	{"next_token", GLUE_NAME_REFERENCE},	/* of a page */
	{" otp", GLUE_NAME_SECRET},
	{" pass", GLUE_NAME_SECRET},
	{"passcode", GLUE_NAME_SECRET},
	{"passcode_in_password", GLUE_NAME_REFERENCE},	/* Snowflake: a boolean */
	{"passphrase", GLUE_NAME_SECRET},
	{"passwd", GLUE_NAME_SECRET},
	{"password", GLUE_NAME_SECRET},
	{"passwort", GLUE_NAME_SECRET},
	{" pat", GLUE_NAME_SECRET}, /* personal access token */
	{" pin", GLUE_NAME_SECRET},
	{"private_key", GLUE_NAME_KEY},
	{" psk", GLUE_NAME_SECRET}, /* pre-shared key */
	{"pswd", GLUE_NAME_SECRET},
	{"pvt_key", GLUE_NAME_KEY}, /* BigQuery */
	{" pw", GLUE_NAME_SECRET},
	{"pwd", GLUE_NAME_SECRET},
	{"redis_auth", GLUE_NAME_SECRET},	/* Spark's connector */
	{"redis_endpoint", GLUE_NAME_ADDRESS},	/* Athena: "host:port:password" */
	{"rsa_key", GLUE_NAME_KEY},
	{" sa_key", GLUE_NAME_KEY}, /* Google: of a service account */
	{" sas", GLUE_NAME_SECRET}, /* Azure: shared access signature */
	{"secret", GLUE_NAME_SECRET},
	{"secret_access_key", GLUE_NAME_SECRET},
	{"secret_key", GLUE_NAME_SECRET},
	{"security_key", GLUE_NAME_SECRET},
	{"service_key", GLUE_NAME_KEY},
	{"session_key", GLUE_NAME_SECRET},
	{"shared_access_key", GLUE_NAME_SECRET},	/* Event Hubs, Service Bus */
	{"shared_key", GLUE_NAME_SECRET},
	{" sig", GLUE_NAME_SECRET}, /* of a shared access signature */
	{"signature", GLUE_NAME_SECRET},	/* a signed URL needs nothing else */
	{"signing_key", GLUE_NAME_KEY},
	{"ssh_key", GLUE_NAME_KEY},
	{"ssl_key", GLUE_NAME_KEY},
	{"storage_key", GLUE_NAME_SECRET},
	{"subscription_key", GLUE_NAME_SECRET}, /* Azure API Management */
	{"symmetric_key", GLUE_NAME_KEY},
	{"tls_key", GLUE_NAME_KEY},
	{"token", GLUE_NAME_SECRET},
	{"token_auth", GLUE_NAME_REFERENCE},	/* Oracle: kind of token */
	{" totp", GLUE_NAME_SECRET},
	{"user_pass", GLUE_NAME_SECRET},
};

/*
 * Endings for the encoding of a secret, or for one of several: such a name is
 * that of the secret itself.  So is one with a number.
 */
static const char *const value_endings[] = {
	"base64", "b64", "code", "content", "current", "data", "encoded", "encrypted",
	"hash", "hex", "json", "key", "new", "old", "pem", "plain", "plaintext",
	"previous", "primary", "raw", "secondary", "string", "text", "value",
};

/*
 * Endings for metadata of a secret.  A space in front as above.
 */
static const char *const reference_endings[] = {
	/* its identity and owner */
	"alias", "arn", "email", "group", " id", " ids", "identifier", "issuer",
	"label", " kid", "name", "owner", "reference", " ref", "role", "scope",
	"scopes", "subject", "user", "username", "version",
	/* its location, source or destination */
	"backend", "bucket", "cache", "cert", "certificate", "column", "dir", "directory",
	"domain", "endpoint", "field", "file", "folder", "header", "host",
	"keystore", "keytab", "location", "manager", "parameter", "path", "port",
	"prefix", "property", "region", "server", "service", "source", "store",
	"suffix", "tenant", "truststore", "uri", "url", "vault",
	/* its kind and use */
	" alg", "algorithm", "audience", "authentication", "class", "encoding", "encryption",
	"exchange", "factory", "flow", "format", "generator", "handler",
	"implementation", "ization", "izer", "kind", "length", "less", "mechanism",
	"method", "mode", "policy", "protocol", "provider", "providers",
	"recovery", "required", "retriever", "rotation", "rule", "rules", "size",
	"spec", "stage", "state", "status", "strength", "support", "supported", "type",
	"validation", "validator",
	/* its frequency and lifetime */
	" age", "attempts", "count", "delay", "duration", "enabled",
	"enable", "disabled", "expiration", "expires_in", "expiry", "interval",
	"lifetime", "limit", "millis", " ms", "period", "retries", "seconds",
	"threshold", "timeout", " ttl", "usage", "window",
};

/* Prefixes of the names of switches and numbers. */
static const char *const switch_prefixes[] = {
	"allow", "disable", "enable", "has", "is", "max", "min", "num", "require",
	"requires", "skip", "use",
};

/*
 * The index of the words with a first letter, by its last five bits, and their
 * second letters: few pairs of letters of a name begin a word.
 */
typedef struct WordIndex
{
	unsigned char first[33];
	unsigned int seconds[32];
} WordIndex;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
is_separator(char c)
{
	return c == '_' || c == '-' || c == '.' || c == ' ';
}

/*
 * Is this the begin of a word, or the end of the name?  A capital begins a
 * word after a lower-case letter and before one, as in "dbPin" and "DBPin".
 */
static bool
begins_word(const char *name, size_t at, size_t len)
{
	char		before = at > 0 ? name[at - 1] : '\0';
	char		here = at < len ? name[at] : '\0';

	if (!glue_is_letter(here) || !glue_is_letter(before))
		return true;
	return glue_is_upper(here) &&
		(!glue_is_upper(before) ||
		 (at + 1 < len && glue_is_lower(name[at + 1])));
}

/*
 * Return the end of a word that starts here, or 0.
 */
static size_t
match_word(const char *name, size_t len, size_t at, const SecretWord *word)
{
	const char *letters = word->word;
	bool		alone = *letters == ' ';
	size_t		start = at;

	if (alone)
		letters++;
	for (; *letters != '\0'; letters++)
	{
		if (*letters == '_')
		{
			if (at < len && is_separator(name[at]))
				at++;
		}
		else if (at < len && glue_lower(name[at]) == *letters)
			at++;

		else
			return 0;
	}
	if (alone && !(begins_word(name, start, len) && begins_word(name, at, len)))
		return 0;
	return at;
}

/*
 * Return the index of the words; the first call makes it.
 */
static const WordIndex *
word_index(void)
{
	static WordIndex index;

	if (index.first[32] != 0)
		return &index;
	for (size_t letter = 0, i = 0; letter < 32; letter++)
	{
		index.first[letter] = (unsigned char) i;
		for (; i < COUNT(secret_words); i++)
		{
			const char *word = secret_words[i].word;

			word += *word == ' ';
			if ((word[0] & 0x1F) != letter)
				break;
			index.seconds[letter] |= 1U << (word[1] & 0x1F);
		}
	}
	index.first[32] = COUNT(secret_words);
	return &index;
}

/*
 * Find the secret word that ends last, and of those the longest; NULL if there
 * is none.  With any, take the first word of a secret.
 */
static const SecretWord *
find_word(const char *name, size_t len, size_t *end, bool any)
{
	const WordIndex *index = word_index();
	const SecretWord *found = NULL;

	for (size_t at = 0; at + 1 < len; at++)
	{
		/* other characters become letters, too, which is harmless */
		unsigned int letter = name[at] & 0x1F;
		unsigned int second = name[at + 1] & 0x1F;

		if ((index->seconds[letter] >> second & 1) == 0)
			continue;
		for (size_t i = index->first[letter]; i < index->first[letter + 1]; i++)
		{
			const char *word = secret_words[i].word;
			size_t		word_end;

			if ((word[word[0] == ' ' ? 2 : 1] & 0x1F) != second)
				continue;
			word_end = match_word(name, len, at, &secret_words[i]);
			if (word_end == 0 || (found != NULL && word_end <= *end))
				continue;
			found = &secret_words[i];
			*end = word_end;
			if (any && found->kind > GLUE_NAME_REFERENCE)
				return found;
		}
	}
	return any ? NULL : found;
}

/*
 * Is the rest of a name one of value_endings, or a number?
 */
static bool
is_written_so(const char *tail, size_t len)
{
	size_t		digits = 0;

	for (size_t i = 0; i < COUNT(value_endings); i++)
	{
		if (glue_secret_same_name(tail, len, value_endings[i]))
			return true;
	}
	while (digits < len && (glue_is_digit(tail[digits]) ||
							is_separator(tail[digits])))
		digits++;
	return digits == len;
}

static bool
is_switch(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT(switch_prefixes); i++)
	{
		const char *prefix = switch_prefixes[i];
		size_t		prefix_len = strlen(prefix);

		if (prefix_len < len && begins_word(name, prefix_len, len) &&
			glue_secret_same_name(name, prefix_len, prefix))
			return true;
	}
	return false;
}

static bool
ends_with(const char *name, size_t len, size_t tail, const char *ending)
{
	bool		alone = *ending == ' ';
	size_t		left;
	size_t		at = len;

	ending += alone;
	for (left = strlen(ending); left > 0; left--)
	{
		while (ending[left - 1] != '_' && at > tail &&
			   is_separator(name[at - 1]))
			at--;
		if (ending[left - 1] == '_')
			continue;
		if (at == tail || glue_lower(name[at - 1]) != ending[left - 1])
			return false;
		at--;
	}
	return !alone || at == tail || begins_word(name, at, len);
}

/*
 * Does the name end with one of reference_endings, after a secret word?
 */
static bool
is_about_secret(const char *name, size_t len, size_t tail)
{
	for (size_t i = 0; i < COUNT(reference_endings); i++)
	{
		if (ends_with(name, len, tail, reference_endings[i]))
			return true;
	}
	return false;
}

/*
 * Classify a name.  Case and separators are ignored.
 */
GlueNameKind
glue_secret_name_kind(const char *name, size_t len)
{
	size_t		tail = 0;
	const SecretWord *word = find_word(name, len, &tail, false);

	if (word == NULL)
		return GLUE_NAME_PLAIN;
	if (tail == len || word->kind < GLUE_NAME_KEY ||
		is_written_so(&name[tail], len - tail))
		return word->kind >= GLUE_NAME_KEY && is_switch(name, len) ?
			GLUE_NAME_MENTIONS : word->kind;
	if (len - tail == 1 && glue_lower(name[tail]) == 's')
		return word->kind == GLUE_NAME_KEY ? word->kind : GLUE_NAME_MENTIONS;
	return is_about_secret(name, len, tail) ? GLUE_NAME_REFERENCE :
		GLUE_NAME_MENTIONS;
}

/*
 * Is the value of this name a reference to a secret, such as "secretId" or
 * "aws_secret_arn"?
 */
bool
glue_secret_name_refers(const char *name, size_t len)
{
	return glue_secret_name_kind(name, len) == GLUE_NAME_REFERENCE &&
		(ends_with(name, len, 0, " id") || ends_with(name, len, 0, "arn") ||
		 ends_with(name, len, 0, "name"));
}

/*
 * Does the text contain a word of a secret's name?
 */
bool
glue_secret_name_mentioned(const char *text, size_t len)
{
	size_t		end;

	return find_word(text, len, &end, true) != NULL;
}

/*
 * Is this name the plain one, ignoring case and separators?
 */
bool
glue_secret_same_name(const char *name, size_t len, const char *plain)
{
	for (size_t i = 0; i < len; i++)
	{
		if (is_separator(name[i]))
			continue;
		if (*plain == '\0' || glue_lower(name[i]) != *plain)
			return false;
		plain++;
	}
	return *plain == '\0';
}
