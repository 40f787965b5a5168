/*-------------------------------------------------------------------------
 *
 * secret_form.c
 *	  Values whose form decides whether they are secrets.
 *
 * Some values are secrets whatever their name is:
 *
 *	- private keys in PEM, but not certificates and public keys
 *	- credentials of HTTP, such as "Bearer ..." and "Basic ..."
 *	- tokens with a known prefix of their issuer (token_prefixes)
 *	- base64 of JSON, the form of tokens (JWT) and of the keys of service
 *	  accounts, and of a private key in PEM
 *
 * Others are no secrets, although their name is that of a secret
 * (public_forms): they refer to its location.
 *
 * IDENTIFICATION
 *	  src/secret/secret_form.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/secret_form.h"

#include <string.h>

#include "text/ascii.h"

/* Shortest secret after a prefix, and shortest base64. */
#define MIN_TOKEN 12
#define MIN_BASE64 16

/* Limit of the label in a PEM header. */
#define MAX_PEM_LABEL 64

typedef struct TokenPrefix
{
	const char *text;
	size_t		len;
} TokenPrefix;

#define PREFIX(text) {text, sizeof(text) - 1}

/*
 * Prefixes of issuers' secret tokens.  Each ends with "_", "-" or "/", which
 * the search looks for.  Identifiers of keys (AKIA, ASIA) and public keys
 * (pk_live_) are no secrets.
 */
static const TokenPrefix token_prefixes[] = {
	PREFIX("sk_live_"), PREFIX("sk_test_"), PREFIX("rk_live_"), PREFIX("rk_test_"), PREFIX("whsec_"),	/* Stripe */
	PREFIX("ghp_"), PREFIX("gho_"), PREFIX("ghu_"), PREFIX("ghs_"), PREFIX("ghr_"), PREFIX("github_pat_"),
	PREFIX("glpat-"),			/* GitLab */
	PREFIX("xoxa-"), PREFIX("xoxb-"), PREFIX("xoxe-"), PREFIX("xoxp-"), PREFIX("xoxr-"), PREFIX("xoxs-"), PREFIX("xapp-"),	/* Slack */
	PREFIX("shpat_"), PREFIX("shpss_"), /* Shopify */
	PREFIX("AGE-SECRET-KEY-"),
	PREFIX("hooks.slack.com/services/"),
	PREFIX("sk-ant-"), PREFIX("sk-proj-"), PREFIX("hf_"), PREFIX("npm_"), PREFIX("pypi-"), PREFIX("dop_v1_"),
};

/*
 * Others, which are recognized only as a whole value.
 */
static const TokenPrefix whole_tokens[] = {
	PREFIX("dapi"),				/* Databricks */
	PREFIX("AIza"),				/* Google */
	PREFIX("SG."),				/* SendGrid */
};

static bool
contains(const char *text, size_t len, const char *part)
{
	return memmem(text, len, part, strlen(part)) != NULL;
}

/*
 * Is this empty or a word: all lower-case or all upper-case letters, or a
 * capital and lower-case ones?
 */
static bool
is_word(const char *text, size_t len)
{
	bool		upper = true;
	bool		lower = true;

	for (size_t i = 0; i < len; i++)
	{
		upper = upper && glue_is_upper(text[i]);
		lower = lower && (glue_is_lower(text[i]) || (i == 0 && glue_is_upper(text[0])));
	}
	return upper || lower;
}

/*
 * Does this look random: are there digits besides letters, or capitals after
 * lower-case letters?
 */
static bool
is_random(const char *text, size_t len)
{
	bool		letters = false;
	bool		digits = false;

	for (size_t i = 0; i < len; i++)
	{
		letters = letters || glue_is_letter(text[i]);
		digits = digits || glue_is_digit(text[i]);
		if (i > 0 && glue_is_upper(text[i]) && glue_is_lower(text[i - 1]))
			return true;
	}
	return letters && digits;
}

/*
 * The number of bytes at the start of the text that are letters, digits, or in
 * more.
 */
static size_t
span(const char *text, size_t len, const char *more)
{
	size_t		at = 0;

	while (at < len && (glue_is_alphanumeric(text[at]) ||
						(text[at] != '\0' && strchr(more, text[at]) != NULL)))
		at++;
	return at;
}

static bool
is_boolean(const char *value, size_t len)
{
	return (len == 4 || len == 5) &&
		(glue_secret_same_name(value, len, "true") ||
		 glue_secret_same_name(value, len, "false"));
}

/* "arn:aws:secretsmanager:us-east-1:123456789012:secret:orders-AbCdEf" */
static bool
is_arn(const char *value, size_t len)
{
	int			colons = 0;

	if (!glue_begins_exactly(value, len, "arn:aws") ||
		span(value, len, ":/_+.@-*") != len)
		return false;
	for (size_t i = 0; i < len; i++)
		colons += value[i] == ':';
	return colons >= 5;
}

/*
 * Base64 may begin with "/" and contain more of them, but its pieces are not
 * words.
 */
static bool
has_random_piece(const char *value, size_t len)
{
	size_t		piece = 0;

	for (size_t at = 0; at <= len; at++)
	{
		if (at < len && value[at] != '/' && value[at] != '\\')
			continue;
		if (at - piece >= MIN_BASE64 && is_random(&value[piece], at - piece) &&
			memchr(&value[piece], '.', at - piece) == NULL)
			return true;
		piece = at + 1;
	}
	return false;
}

static bool
starts_like_path(const char *value, size_t len)
{
	return value[0] == '/' || glue_begins_exactly(value, len, "./") ||
		glue_begins_exactly(value, len, "../") ||
		glue_begins_exactly(value, len, "~/") ||
		(len > 3 && value[1] == ':' && value[2] == '\\');
}

/*
 * A path, absolute or to a file with an extension.
 */
static bool
is_path(const char *value, size_t len)
{
	size_t		dot = len;

	if (len < 2 || span(value, len, "_./~-\\:") != len ||
		has_random_piece(value, len))
		return false;
	if (starts_like_path(value, len))
		return true;
	while (dot > 0 && value[dot - 1] != '.')
		dot--;
	return dot > 1 && len - dot > 1 && len - dot < 7 &&
		memchr(value, '/', len) != NULL;
}

/* "https://host/path", "s3://bucket/key", "file:/path" */
static bool
is_url(const char *value, size_t len)
{
	size_t		scheme = 0;

	while (scheme < len && (glue_is_lower(value[scheme]) ||
							glue_is_digit(value[scheme]) || value[scheme] == '+'))
		scheme++;
	return scheme > 1 && len - scheme > 2 && value[scheme] == ':' &&
		value[scheme + 1] == '/' &&
		span(value, len, ":/_.~?&#%+,-*[]!") == len;
}

/* "com.example.auth.FileTokenProvider" */
static bool
is_class_name(const char *value, size_t len)
{
	size_t		piece = 0;
	size_t		pieces = 1;

	if (len == 0 || span(value, len, "._$") != len)
		return false;
	for (size_t at = 0; at < len; at++)
	{
		if (pieces == 1 && value[at] != '.' && !glue_is_lower(value[at]))
			return false;
		if (value[at] != '.')
			continue;
		if (at == piece)
			return false;
		piece = at + 1;
		pieces++;
	}
	return pieces > 2 && len - piece > 1 && glue_is_upper(value[piece]);
}

/* The identifier of a key of AWS, which is not the key. */
static bool
is_access_key_id(const char *value, size_t len)
{
	if (len < 16 ||
		!(glue_begins_exactly(value, len, "AKIA") ||
		  glue_begins_exactly(value, len, "ASIA")))
		return false;
	for (size_t i = 0; i < len; i++)
	{
		if (!glue_is_upper(value[i]) && !glue_is_digit(value[i]))
			return false;
	}
	return true;
}

/* A number, optionally with a unit. */
static bool
is_number(const char *value, size_t len)
{
	size_t		at = len > 0 && value[0] == '-';
	size_t		digits = at;

	while (at < len && (glue_is_digit(value[at]) || value[at] == '.'))
		at++;
	return at > digits && len - at <= 2 && len <= 20 &&
		(at == len || glue_is_lower(value[at]));
}

/* "host" or "host:port", but not "host:port:password" */
static bool
is_bare_address(const char *value, size_t len)
{
	const char *colon = memchr(value, ':', len);

	return colon == NULL || contains(value, len, "//") ||
		memchr(colon + 1, ':', len - (size_t) (colon + 1 - value)) == NULL;
}

typedef bool (*FormTest) (const char *value, size_t len);

/* A form that is no secret for names up to a kind. */
typedef struct PublicForm
{
	FormTest	is;
	GlueNameKind kind;
} PublicForm;

static const PublicForm public_forms[] = {
	{glue_value_is_placeholder, GLUE_NAME_SECRET},
	{is_boolean, GLUE_NAME_SECRET},
	{is_arn, GLUE_NAME_SECRET}, /* of the secret */
	{is_path, GLUE_NAME_KEY},	/* of the file with the key */
	{is_url, GLUE_NAME_KEY},
	{is_class_name, GLUE_NAME_KEY}, /* of the class that fetches it */
	{is_access_key_id, GLUE_NAME_KEY},
	{is_number, GLUE_NAME_MENTIONS},	/* a limit; but a PIN is a secret */
	{is_bare_address, GLUE_NAME_ADDRESS},
};

/*
 * Does the form of a value exclude that it is a secret, for a name of this
 * kind?
 *
 * No such form has white space, quotes or "=" in it, so that a search
 * continues behind such a value.
 */
bool
glue_form_is_public(GlueNameKind kind, const char *value, size_t len)
{
	for (size_t i = 0; i < sizeof(public_forms) / sizeof(PublicForm); i++)
	{
		if (kind <= public_forms[i].kind && public_forms[i].is(value, len))
			return true;
	}
	return false;
}

static size_t
end_of_pem(const GlueText *text, size_t at)
{
	const char *bytes = text->bytes;

	for (; at + 3 < text->len; at++)
	{
		if (bytes[at] != 'E' || memcmp(&bytes[at], "END", 3) != 0 ||
			(bytes[at - 1] != '-' && bytes[at - 1] != ' '))
			continue;
		while (at < text->len && bytes[at] != '-' && bytes[at] != '\n')
			at++;
		while (at < text->len && bytes[at] == '-')
			at++;
		return at;
	}
	return text->len;
}

/*
 * A private key in PEM, up to the end of the last line, or the rest of the
 * text.
 */
static bool
find_pem(const GlueText *text, size_t at, size_t *end)
{
	size_t		label = at;
	size_t		label_end;

	if (text->len - at < 10 || text->bytes[at + 3] != '-' ||
		(at > 0 && text->bytes[at - 1] == '-'))
		return false;
	while (label < at + 6 &&
		   (text->bytes[label] == '-' || text->bytes[label] == ' '))
		label++;
	label_end = label;
	while (label_end < text->len && label_end < label + MAX_PEM_LABEL &&
		   text->bytes[label_end] != '-')
		label_end++;
	if (!glue_begins_exactly(&text->bytes[label], label_end - label, "BEGIN") ||
		!contains(&text->bytes[label], label_end - label, "PRIVATE"))
		return false;
	*end = end_of_pem(text, label);
	return true;
}

/*
 * A token that begins with one of token_prefixes, which ends here.
 */
static bool
find_token(const GlueText *text, size_t at, size_t *start, size_t *end)
{
	const char *bytes = text->bytes;

	for (size_t i = 0; i < sizeof(token_prefixes) / sizeof(TokenPrefix); i++)
	{
		const char *prefix = token_prefixes[i].text;
		size_t		len = token_prefixes[i].len;
		size_t		more;

		if (at + 1 < len || prefix[len - 2] != bytes[at - 1] ||
			memcmp(&bytes[at + 1 - len], prefix, len) != 0)
			continue;
		*start = at + 1 - len;
		if (*start > 0 && glue_is_name_character(bytes[*start - 1]))
			return false;
		more = span(&bytes[at + 1], text->len - at - 1,
					bytes[at] == '/' ? "/" : "_-");
		*end = at + 1 + more;
		return more >= MIN_TOKEN && is_random(&bytes[at + 1], more);
	}
	return false;
}

/* A scheme of HTTP, and the minimal length of its credentials. */
typedef struct HttpScheme
{
	const char *name;
	size_t		len;
	size_t		min;
} HttpScheme;

/*
 * The credentials after "Bearer" or the like, unless they are just a word.
 */
static bool
find_http_credentials(const GlueText *text, size_t blank,
					  size_t *start, size_t *end)
{
	static const HttpScheme schemes[] = {
		{"bearer", 6, 1}, {"basic", 5, 1},
		{"apikey", 6, MIN_TOKEN}, {"token", 5, MIN_TOKEN},
	};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(HttpScheme); i++)
	{
		const HttpScheme *scheme = &schemes[i];
		size_t		scheme_start = blank - scheme->len;
		size_t		len;

		if (blank < scheme->len ||
			!glue_secret_same_name(&text->bytes[scheme_start], scheme->len,
								   scheme->name) ||
			(scheme_start > 0 &&
			 glue_is_name_character(text->bytes[scheme_start - 1])))
			continue;
		*start = glue_value_skip_blanks(text, blank);
		len = span(&text->bytes[*start], text->len - *start, "+/=-_.~");
		*end = *start + len;
		return len >= scheme->min &&
			(!is_word(&text->bytes[*start], len) ||
			 (i == 0 && len >= MIN_BASE64));
	}
	return false;
}

/*
 * Base64 of JSON, given its third character: a JWT, or the key of a service
 * account.
 */
static bool
find_json_base64(const GlueText *text, size_t at, size_t *start, size_t *end)
{
	const char *bytes = text->bytes;
	size_t		len;

	if (at < 2 || bytes[at - 1] != 'y' || bytes[at - 2] != 'e')
		return false;
	*start = at - 2;
	if (*start > 0 && (glue_is_alphanumeric(bytes[*start - 1])))
		return false;
	len = span(&bytes[*start], text->len - *start, "+/=-_.");
	*end = *start + len;
	return len >= MIN_BASE64;
}

/*
 * Find a secret, given a character in it or before it: the first "-" of PEM,
 * the last one of a prefix, the blank after "Bearer", and the "J" of the
 * base64 of JSON ("eyJ" is that of "{" and a quote).
 */
bool
glue_form_find(const GlueText *text, size_t at, size_t *start, size_t *end)
{
	*start = at;
	switch (text->bytes[at])
	{
		case '-':
			return find_pem(text, at, end) || find_token(text, at, start, end);
		case '_':
		case '/':
			return find_token(text, at, start, end);
		case ' ':
			return find_http_credentials(text, at, start, end);
		case 'J':
			return find_json_base64(text, at, start, end);
		default:
			return false;
	}
}

/*
 * Decode base64, of either alphabet, as far as there is room.  Returns the
 * number of decoded bytes.
 */
static size_t
decode_base64(const char *text, size_t len, char *decoded, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
	unsigned int bits = 0;
	unsigned int value;
	int			count = 0;
	size_t		used = 0;

	for (size_t i = 0; i < len && used < size; i++)
	{
		const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;

		if (digit == NULL)
			continue;

		/* the last two stand for the two before them */
		value = (unsigned int) (digit - digits);
		if (value > 63)
			value -= 2;
		bits = (bits << 6 | value) & 0xFFF;
		count += 6;
		if (count >= 8)
		{
			count -= 8;
			decoded[used++] = (char) (bits >> count & 0xFF);
		}
	}
	return used;
}

/*
 * Is a whole text the base64 of JSON or of a private key in PEM, or one of
 * whole_tokens?
 */
bool
glue_form_is_encoded_secret(const char *text, size_t len)
{
	char		decoded[MAX_PEM_LABEL];
	size_t		used;
	size_t		at = 1;

	/* the encodings of "{" and "-", and the first letters of whole_tokens */
	if (len < MIN_BASE64 || strchr("eLdAS", text[0]) == NULL)
		return false;
	for (size_t i = 0; i < sizeof(whole_tokens) / sizeof(TokenPrefix); i++)
	{
		if (len >= 32 &&
			glue_begins_exactly(text, len, whole_tokens[i].text) &&
			span(text, len, "-_.") == len && is_random(text, len))
			return true;
	}
	if (span(text, len, "+/=-_. \r\n") != len)
		return false;
	used = decode_base64(text, len, decoded, sizeof(decoded));
	if (glue_begins_exactly(decoded, used, "----"))
		return contains(decoded, used, "PRIVATE");
	while (at < used && glue_is_space(decoded[at]))
		at++;
	return at < used && decoded[0] == '{' && decoded[at] == '"';
}
