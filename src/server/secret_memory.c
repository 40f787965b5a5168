/*-------------------------------------------------------------------------
 *
 * secret_memory.c
 *	  Memory that is cleansed with its memory context.
 *
 * A ConnectionInput holds passwords, and so does everything that is made from
 * it on the way to AWS.  An error or a cancel skips any explicit cleanup.  So
 * the cleansing is a callback of the memory context, which PostgreSQL resets
 * in every case.
 *
 * The same holds for json-c trees, whose memory comes from malloc().  Only
 * data that a library's callback fills must be freed by the owner, whose own
 * cleanup is a callback of a context.
 *
 * IDENTIFICATION
 *	  src/server/secret_memory.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "server/compat.h"
#include "server/secret_memory.h"
#include "text/json.h"
#include "utils/memutils.h"

typedef struct SecretBlock
{
	MemoryContextCallback callback;
	Size		size;
	char		data[FLEXIBLE_ARRAY_MEMBER];
} SecretBlock;

/* prototypes of private functions */
static void cleanse_block(void *arg);
static void free_tree(void *arg);

/* Raise the error for an allocation outside of PostgreSQL. */
void
glue_raise_out_of_memory(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OUT_OF_MEMORY),
			 errmsg("out of memory")));
}

/*
 * Allocate size bytes in the current memory context, to be cleansed when it
 * is reset.  The result must be neither freed nor resized.
 */
char *
glue_secret_alloc(Size size)
{
	SecretBlock *block = palloc(offsetof(SecretBlock, data) + size);

	block->size = size;
	block->callback.func = cleanse_block;
	block->callback.arg = block;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &block->callback);
	return block->data;
}

/* Copy len bytes into such memory, with a NUL at the end. */
char *
glue_secret_copy(const char *data, Size len)
{
	char	   *copy = glue_secret_alloc(len + 1);

	Assert(data != NULL || len == 0);
	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

char *
glue_secret_strdup(const char *text)
{
	return glue_secret_copy(text, strlen(text));
}

/* Format a string into such memory. */
char *
glue_secret_printf(const char *format, ...)
{
	va_list		arguments;
	char	   *text;
	int			len;

	va_start(arguments, format);
	len = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	text = glue_secret_alloc(len + 1);
	va_start(arguments, format);
	vsnprintf(text, len + 1, format, arguments);
	va_end(arguments);
	return text;
}

/* Copy credentials.  A session token or an account of "" becomes NULL. */
GlueCredentials
glue_secret_credentials(const GlueCredentials *credentials)
{
	const char *token = credentials->session_token;
	const char *account_id = credentials->account_id;

	return (GlueCredentials)
	{
		.access_key_id = pstrdup(credentials->access_key_id),
			.secret_access_key = glue_secret_strdup(credentials->secret_access_key),
			.session_token = token != NULL && token[0] != '\0' ?
			glue_secret_strdup(token) : NULL,
			.account_id = account_id != NULL && account_id[0] != '\0' ?
			pstrdup(account_id) : NULL,
			.expires_at = credentials->expires_at,
	};
}

/*
 * Give a json-c tree to the current memory context, which will cleanse and
 * free it.  The caller may still change it, but must not free it.
 *
 * The tree is freed even if this fails for lack of memory.  NULL, json-c's
 * null as well as its failure, is returned unchanged.
 */
json_object *
glue_secret_tree(json_object *tree)
{
	MemoryContextCallback *callback;

	if (tree == NULL)
		return NULL;
	callback = MemoryContextAllocExtended(CurrentMemoryContext,
										  sizeof(MemoryContextCallback),
										  MCXT_ALLOC_NO_OOM);
	if (callback == NULL)
	{
		glue_json_tree_free(tree);
		glue_raise_out_of_memory();
	}
	callback->func = free_tree;
	callback->arg = tree;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	return tree;
}

/* Copy a json-c tree into the current memory context; NULL for NULL. */
json_object *
glue_secret_tree_copy(json_object *tree)
{
	json_object *copy = NULL;

	if (tree != NULL && json_object_deep_copy(tree, &copy, NULL) != 0)
		glue_raise_out_of_memory();
	return glue_secret_tree(copy);
}

/*
 * Append to a buffer; false if there is no memory.
 *
 * realloc() would leave a copy that is not cleansed.
 */
bool
glue_secret_buffer_append(GlueSecretBuffer *buffer, const char *data, Size len)
{
	if (buffer->len + len > buffer->size)
	{
		GlueSecretBuffer larger = {.len = buffer->len};

		larger.size = Max((buffer->len + len) * 2, 1024);
		larger.data = malloc(larger.size);
		if (larger.data == NULL)
			return false;
		if (buffer->len > 0)
			memcpy(larger.data, buffer->data, buffer->len);
		glue_secret_buffer_free(buffer);
		*buffer = larger;
	}
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	return true;
}

/* Cleanse and free a buffer, which is empty and usable afterwards. */
void
glue_secret_buffer_free(GlueSecretBuffer *buffer)
{
	if (buffer->data != NULL)
		OPENSSL_cleanse(buffer->data, buffer->size);
	free(buffer->data);
	memset(buffer, 0, sizeof(GlueSecretBuffer));
}

static void
cleanse_block(void *arg)
{
	SecretBlock *block = arg;

	OPENSSL_cleanse(block->data, block->size);
}

static void
free_tree(void *arg)
{
	glue_json_tree_free(arg);
}
