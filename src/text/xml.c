/*-------------------------------------------------------------------------
 *
 * xml.c
 *	  The text of single elements of an XML document.
 *
 * AWS's older services, such as AWS STS, answer in XML, and so do some proxies
 * in front of the newer ones.  We need the text of a few elements only, so no
 * tree is built: Expat calls us for each element, and the open elements are
 * recorded as a path.
 *
 * A document with a DOCTYPE is rejected.  AWS's have none, and without one
 * there are no entities that could expand or read files.
 *
 * IDENTIFICATION
 *	  src/text/xml.c
 *
 *-------------------------------------------------------------------------
 */
#include "text/xml.h"

#include <limits.h>
#include <string.h>

#include <expat.h>
#include <openssl/crypto.h>

#include "text/utf8.h"

/* Limits the nesting as well.  The longest path of AWS STS has 70 bytes. */
#define MAX_PATH_LEN	255

typedef struct XmlReader
{
	XML_Parser	parser;
	GlueXmlField *fields;
	int			nfields;
	char		path[MAX_PATH_LEN + 1]; /* "/ErrorResponse/Error/Code" */
	GlueXmlField *field;		/* its element is open; or NULL */
} XmlReader;

/*
 * The field of the innermost open element, unless it already has its text.
 */
static GlueXmlField *
find_field(XmlReader *reader)
{
	size_t		path_len = strlen(reader->path);

	for (int i = 0; i < reader->nfields; i++)
	{
		GlueXmlField *field = &reader->fields[i];
		size_t		len = strlen(field->path);

		if (field->value[0] == '\0' && path_len > len &&
			reader->path[path_len - len - 1] == '/' &&
			strcmp(reader->path + path_len - len, field->path) == 0)
			return field;
	}
	return NULL;
}

static void XMLCALL
element_begins(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	XmlReader  *reader = arg;
	const char *colon = strchr(name, ':');
	size_t		path_len = strlen(reader->path);
	size_t		name_len;

	if (colon != NULL)
		name = colon + 1;
	name_len = strlen(name);

	if (path_len + 1 + name_len > MAX_PATH_LEN)
	{
		XML_StopParser(reader->parser, XML_FALSE);
		return;
	}
	reader->path[path_len] = '/';
	memcpy(reader->path + path_len + 1, name, name_len + 1);
	reader->field = find_field(reader);
}

static void XMLCALL
element_ends(void *arg, const XML_Char *name)
{
	XmlReader  *reader = arg;
	char	   *slash = strrchr(reader->path, '/');

	/*
	 * Only the innermost element's text is taken, and none after the end of
	 * an element inside it.
	 */
	*slash = '\0';
	reader->field = NULL;
}

static void XMLCALL
text_comes(void *arg, const XML_Char *text, int len)
{
	XmlReader  *reader = arg;
	GlueXmlField *field = reader->field;
	size_t		used;
	size_t		count;

	if (field == NULL)
		return;

	used = strlen(field->value);
	count = glue_utf8_clip(text, (size_t) len, field->size - used - 1);
	if (count < (size_t) len)
		reader->field = NULL;	/* full */
	memcpy(field->value + used, text, count);
	field->value[used + count] = '\0';
}

static void XMLCALL
doctype_begins(void *arg, const XML_Char *name, const XML_Char *system_id,
			   const XML_Char *public_id, int has_internal_subset)
{
	XmlReader  *reader = arg;

	XML_StopParser(reader->parser, XML_FALSE);
}

/*
 * Read the elements whose path ends with those of fields.
 *
 * Namespaces are ignored.  The result is an element's own text, without that
 * of elements inside it; of several elements, the first that is not empty.
 * Text that does not fit is truncated between two characters of UTF-8.
 *
 * Returns false if the XML is not well-formed; fields then hold the text
 * before the error.
 */
bool
glue_xml_text(const char *xml, size_t len, GlueXmlField *fields, int nfields)
{
	XmlReader	reader = {NULL, fields, nfields, "", NULL};
	bool		well_formed = false;
	void	   *copy;

	for (int i = 0; i < nfields; i++)
		fields[i].value[0] = '\0';
	if (len == 0 || len > INT_MAX)
		return false;

	reader.parser = XML_ParserCreate(NULL);
	if (reader.parser == NULL)
		return false;

	XML_SetUserData(reader.parser, &reader);
	XML_SetElementHandler(reader.parser, element_begins, element_ends);
	XML_SetCharacterDataHandler(reader.parser, text_comes);
	XML_SetStartDoctypeDeclHandler(reader.parser, doctype_begins);

	/* Expat parses its own copy, which may hold secrets */
	copy = XML_GetBuffer(reader.parser, (int) len);
	if (copy != NULL)
	{
		memcpy(copy, xml, len);
		well_formed = XML_ParseBuffer(reader.parser, (int) len, XML_TRUE) ==
			XML_STATUS_OK;
		OPENSSL_cleanse(copy, len);
	}

	XML_ParserFree(reader.parser);
	return well_formed;
}
