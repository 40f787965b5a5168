/*-------------------------------------------------------------------------
 *
 * secret_name.c
 *	  Names that say that a value is a secret.
 *
 * AWS Glue lets a connection carry properties with names of the connector's
 * own.  Those that the model does not know are judged here by the words in
 * them.  Case counts nothing, nor do separators: "API-Key", "api_key" and
 * "apiKey" are the same.
 *
 * IDENTIFICATION
 *	  src/secret_name.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret_name.h"

/*
 * A name that contains one of these is a secret's.  "_" stands for an
 * optional separator.  By first letter, since every letter of every key is
 * looked up here.
 */
static const char *const words_with_a[] = {
	"access_key", "account_key", "api_key", NULL
};
static const char *const words_with_c[] = {"credential", NULL};
static const char *const words_with_j[] = {"jwt", NULL};
static const char *const words_with_p[] = {
	"password", "passwd", "passphrase", "private_key", "pwd", NULL
};
static const char *const words_with_s[] = {"secret", "shared_key", NULL};
static const char *const words_with_t[] = {"token", NULL};

static const char *const *const secret_words[26] = {
	['a' - 'a'] = words_with_a,
	['c' - 'a'] = words_with_c,
	['j' - 'a'] = words_with_j,
	['p' - 'a'] = words_with_p,
	['s' - 'a'] = words_with_s,
	['t' - 'a'] = words_with_t,
};

/* Names that are secrets' without containing one.  Without separators. */
static const char *const secret_names[] = {
	"authorization", "authorizationcode", "pass", "sig", "signature",
};

/* Names that contain one and are not: most say where a secret is kept. */
static const char *const public_names[] = {
	"kafkasaslgssapikeytab", "kafkasaslscramsecretsarn", "nexttoken",
	"secretarn", "secretid",
	"tokenurl",
};

static bool matches_word(const char *at, const char *end, const char *word);
static bool is_separator(char c);
static char lower(char c);

/*
 * Say whether this is the name of a secret.  Case and separators count
 * nothing.
 */
GlueNameKind
glue_secret_name_kind(const char *name, size_t len)
{
	if (glue_secret_name_mentioned(name, len))
	{
		for (size_t i = 0; i < sizeof(public_names) / sizeof(char *); i++)
		{
			if (glue_secret_same_name(name, len, public_names[i]))
				return GLUE_NAME_REFERENCE;
		}
		return GLUE_NAME_SECRET;
	}
	for (size_t i = 0; i < sizeof(secret_names) / sizeof(char *); i++)
	{
		if (glue_secret_same_name(name, len, secret_names[i]))
			return GLUE_NAME_SECRET;
	}

	/* "db_pass", but not "bypass" */
	if (len > 5 && is_separator(name[len - 5]) &&
		glue_secret_same_name(name + len - 4, 4, "pass"))
		return GLUE_NAME_SECRET;
	return GLUE_NAME_PLAIN;
}

/*
 * Does the text contain a word that makes a name a secret's?
 */
bool
glue_secret_name_mentioned(const char *text, size_t len)
{
	const char *end = &text[len];

	for (const char *at = text; at < end; at++)
	{
		/* this maps a few other characters to letters, which is harmless */
		unsigned int letter = ((unsigned char) *at | 0x20) - 'a';
		const char *const *words = letter < 26 ? secret_words[letter] : NULL;

		for (; words != NULL && *words != NULL; words++)
		{
			if (matches_word(at, end, *words))
				return true;
		}
	}
	return false;
}

/*
 * Is this name the plain one, but for case and separators?
 */
bool
glue_secret_same_name(const char *name, size_t len, const char *plain)
{
	for (size_t i = 0; i < len; i++)
	{
		if (is_separator(name[i]))
			continue;
		if (*plain == '\0' || lower(name[i]) != *plain)
			return false;
		plain++;
	}
	return *plain == '\0';
}

/*
 * Is the word at the start of the text?  See secret_words.
 */
static bool
matches_word(const char *at, const char *end, const char *word)
{
	for (; *word != '\0'; word++)
	{
		if (*word == '_')
		{
			if (at < end && is_separator(*at))
				at++;
		}
		else if (at < end && lower(*at) == *word)
			at++;

		else
			return false;
	}
	return true;
}

static bool
is_separator(char c)
{
	return c == '_' || c == '-' || c == '.' || c == ' ';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
}
